/** The text of `echo_supervisord_conf`, made from the key tables so that it can neither lack a key nor invent one. */
import type { Key, KeyTable } from './keys/key.ts';
import { programKeys } from './keys/program.ts';
import { type SectionKind, sectionKinds } from './keys/sections.ts';

const introduction = `; Sample supervisor config file.
;
; Every section and every key is here. A key whose line starts with ";" is switched off and shows its
; default, or an example where it has none; remove the ";" to change it. A comment behind a value needs a
; blank in front of its ";". A "%" in a value is written "%%"; %(ENV_HOME)s stands for the variable HOME,
; %(here)s for the directory of this file.
`;

/** Sections of a fresh configuration: a socket, the daemon, and what supervisorctl needs. */
const active = new Map<string, readonly string[]>([
  ['unix_http_server', ['file']],
  ['supervisord', ['logfile', 'pidfile', 'loglevel', 'nodaemon']],
  ['rpcinterface', ['supervisor.rpcinterface_factory']],
  ['supervisorctl', ['serverurl']],
]);

const sampleNames = new Map([
  ['rpcinterface', 'supervisor'],
  ['program', 'theprogramname'],
  ['eventlistener', 'theeventlistenername'],
  ['fcgi-program', 'thefcgiprogramname'],
  ['group', 'thegroupname'],
  ['schedule', 'theschedulename'],
  ['trigger', 'thetriggername'],
  ['ctlplugin', 'thepluginname'],
]);

/** A sample configuration with every section and key, which runs no program until it is edited. */
export function sampleConfiguration(): string {
  return [introduction, ...sectionKinds.map(sampleSection)].join('\n');
}

function sampleSection(kind: SectionKind): string {
  const activeKeys = active.get(kind.name);
  const name = kind.match === 'named' ? `${kind.name}:${sampleNames.get(kind.name) ?? 'x'}` : kind.name;
  const off = activeKeys === undefined ? ';' : '';
  const { own, shared } = splitKeys(kind);
  const lines = [
    ...comment(kind.doc),
    `${off}[${name}]`,
    ...own.flatMap(([key, entry]) => sampleKey(key, entry, activeKeys?.includes(key) === true)),
    ...(shared ? ['; … and every key of [program:x].'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Sections that take over all keys of `[program:x]` show only those that differ. */
function splitKeys({ keys, hasProgramKeys }: SectionKind): {
  own: [string, Key<unknown>][];
  shared: boolean;
} {
  const programs: KeyTable = programKeys;
  const shared = hasProgramKeys === true;
  const own = Object.entries(keys).filter(
    ([key, entry]) => !shared || key === 'command' || entry !== programs[key],
  );
  return { own, shared };
}

function sampleKey(key: string, entry: Key<unknown>, isActive: boolean): string[] {
  const value = entry.sample ?? entry.default ?? '';
  return [...comment(entry.doc), `${isActive ? '' : ';'}${key}=${value}`];
}

const width = 98;

/** Wraps a text into comment lines. */
function comment(text: string): string[] {
  const lines: string[] = [];
  let line = ';';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width) {
      lines.push(line);
      line = ';';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
