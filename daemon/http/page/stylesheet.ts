/** How the pages look: by day, by night, and on a telephone, where each process is a card. */
export const stylesheet = `:root {
  color-scheme: light dark;
  --text: #1c1e21; --muted: #5b6067; --back: #fff; --line: #d5d8dc; --raised: #f2f3f5;
  --link: #0b57a4; --good: #12662a; --bad: #b3161b; --warning: #7a4b00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e6e9; --muted: #a3a8af; --back: #17191c; --line: #3a3e44; --raised: #24272b;
    --link: #7db7f5; --good: #6fce86; --bad: #ff8a85; --warning: #f0b95c;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 75rem; padding: 0 1rem; color: var(--text); background: var(--back);
  font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 1rem 0; }
h1 a { color: inherit; text-decoration: none; }
h2 { font-size: 1.15rem; overflow-wrap: anywhere; }
a { color: var(--link); }
form { display: flex; flex-wrap: wrap; gap: .4rem .7rem; align-items: center; margin: 0; }
form.all { margin: 1rem 0; }
button, .button { display: inline-block; font: inherit; font-size: .9rem; padding: .2rem .7rem; cursor: pointer;
  color: var(--text); background: var(--raised); border: 1px solid var(--line); border-radius: .3rem;
  text-decoration: none; }
button:hover, .button:hover { border-color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.notice { margin: .7rem 0; padding: .5rem .8rem; overflow-wrap: anywhere; background: var(--raised);
  border: 1px solid var(--line); border-left: .3rem solid var(--muted); }
.warning { border-left-color: var(--warning); }
.message { border-left-color: var(--link); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .45rem .7rem .45rem 0; text-align: left; vertical-align: top; overflow-wrap: break-word;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--muted); font-weight: 600; }
tbody th { font-weight: 600; }
.state { font-weight: 600; white-space: nowrap; }
td a { font-size: .9rem; white-space: nowrap; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.neutral { color: var(--muted); }
pre { padding: .8rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--raised);
  border: 1px solid var(--line); font: .85rem/1.4 ui-monospace, monospace; }
footer { margin: 2rem 0 1rem; color: var(--muted); font-size: .85rem; }
@media (max-width: 40rem) {
  table, tbody, tr, tbody th, td { display: block; }
  thead { display: none; }
  tr { padding: .6rem 0; border-bottom: 1px solid var(--line); }
  th, td { padding: .15rem 0; border: 0; }
  button, .button { padding: .45rem .9rem; }
}
`;
