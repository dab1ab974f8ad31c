/**
 * Wrong requests by the thousand, on all kinds of server, to a daemon with programs to look after.
 *
 * `LONG_TESTS=1` sends 100,000 instead of 5,000. `FUZZ_SEED=<n>` repeats a run that failed, and
 * `FUZZ_FIRST=<n>` begins with that request of it.
 */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { expect, it } from '@jest/globals';
import { formatScrypt } from '../../conf/stored-password.ts';
import { hashPassword } from '../../daemon/scrypt.ts';
import { Daemon } from '../support/daemons.ts';
import { freePort } from '../support/free-port.ts';
import { httpRequest, tokenIn } from '../support/http-request.ts';
import { anonymousKilobytes, openDescriptors, pidOf, stateOf, waitForState } from '../support/supervised.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Case, Cases } from './case.ts';
import { LogWatch } from './log-watch.ts';
import { send } from './send.ts';

const isLong = env['LONG_TESTS'] !== undefined;
const count = isLong ? 100_000 : 5_000;
const batchSize = 250;
/** How many connections there are at a time. */
const concurrency = 16;
/** Opened once and kept: the victim's stdin, the watch on logs, a pipe, what tells of the use of processors. */
const keptDescriptors = 8;
const seed = Number(env['FUZZ_SEED'] ?? randomInt(2 ** 31));
const first = Number(env['FUZZ_FIRST'] ?? 0);

/** Stands in places that no answer may quote. */
const canary = 'canary3f9c27d1';
const password = `${canary}password`;
const processes = ['victim', 'many:a', 'many:b'] as const;

interface Ports {
  readonly inet: number;
  readonly hashed: number;
}

const passwordFile = 'operator.password';
const hashFile = 'operator.hash';

const configuration = (ports: Ports): string => `[inet_http_server]
port=127.0.0.1:${ports.inet}
username=operator
password_file=${passwordFile}
[inet_http_server:hashed]
port=127.0.0.1:${ports.hashed}
username=operator
password_file=${hashFile}
[program:victim]
command=/bin/cat
startsecs=0
environment=SECRET="${canary}"
[program:a]
command=/bin/sleep 100000
startsecs=0
[program:b]
command=/bin/sleep 100000
startsecs=0
[group:many]
programs=a,b
`;

/** What a request may be told before anybody knows who it is from: nothing of what there is. */
const refusals: ReadonlySet<string> = new Set([
  '400',
  '401',
  '403',
  '408',
  '413',
  '421',
  '429',
  '431',
  '503',
]);

/** Complaints about an answer. */
function problemsOf({ admission }: Case, received: string): string[] {
  const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => status ?? '');
  const problems = statuses.filter((status) => status === '500').map((status) => `it answered ${status}`);
  if (received.includes(canary)) problems.push('it gave a secret away');
  if (received !== '' && !received.startsWith('HTTP/1.1 ')) problems.push('it answered no HTTP');
  if (admission === 'must be refused') {
    const admitted = statuses.filter((status) => !refusals.has(status));
    problems.push(...admitted.map((status) => `it answered ${status} without the password`));
  }
  return problems;
}

it(
  `answers ${count} wrong requests or refuses them, tells no secret, and looks after its programs (FUZZ_SEED=${seed})`,
  async () => {
    const ports = { inet: await freePort(), hashed: await freePort() };
    await using daemon = new Daemon({
      implementation: 'ours',
      configuration: configuration(ports),
      // In one file, so that every line can be seen.
      supervisord: 'logfile_maxbytes=0',
      environment: { CANARY: canary },
    });
    const secretFile = 'secret.txt';
    const hash = await hashPassword(Buffer.from(password), { ln: 14, r: 8, p: 1 });
    const mode = { mode: 0o600 };
    writeFileSync(join(daemon.dir, secretFile), `${canary}\n`);
    writeFileSync(join(daemon.dir, passwordFile), `${password}\n`, mode);
    writeFileSync(join(daemon.dir, hashFile), `${formatScrypt(hash)}\n`, mode);
    await daemon.start();
    for (const name of processes) await waitForState(daemon, name, 'RUNNING');
    const pids = await Promise.all(processes.map((name) => pidOf(daemon, name)));
    const descriptors = openDescriptors(daemon.pid);
    const { pid } = daemon;
    const log = new LogWatch(daemon.logfile);
    const account = { username: 'operator', password };
    const Authorization = `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`;
    const asked = [{}, { Authorization }].map((headers) => httpRequest(daemon.socket, '/', { headers }));
    const tokens = (await Promise.all(asked)).map(({ body }) => tokenIn(body));
    const cases = new Cases(seed, { dir: daemon.dir, processes, secretFile, tokens }, account);
    const addresses = {
      unix: { path: daemon.socket },
      inet: { host: '127.0.0.1', port: ports.inet },
      hashed: { host: '127.0.0.1', port: ports.hashed },
    };

    let understood = 0;
    let performed = 0;
    const sendBatch = async (from: number): Promise<void> => {
      let next = from;
      const sendOthers = async (): Promise<void> => {
        while (next < from + batchSize) {
          const sent = cases.at(next);
          next += 1;
          const received = await send(addresses[sent.server], sent).catch((error) => {
            throw new Error(blame(sent, String(error)));
          });
          if (received.startsWith('HTTP/1.1 200 ')) understood += 1;
          if (/^Location: \.\/\?message=Log%20/m.test(received)) performed += 1;
          const [problem] = problemsOf(sent, received);
          if (problem !== undefined) throw new Error(blame(sent, problem));
        }
      };
      await Promise.all(Array.from({ length: concurrency }, sendOthers));
    };

    let settled = 0;
    for (let from = first; from < first + count; from += batchSize) {
      await sendBatch(from);
      const last = from + batchSize - 1;
      expect([last, await daemon.rpc('supervisor.getPID')]).toEqual([last, pid]);
      expect([last, log.mistakes()]).toEqual([last, []]);
      // The heap has reached its size by then.
      if (from - first <= count / 4) settled = anonymousKilobytes(pid);
    }

    // A fuzzer whose every request is thrown out at the door tests the door alone.
    expect(understood).toBeGreaterThan(count / 10);
    expect(performed).toBeGreaterThan(count / 5_000);
    expect(await Promise.all(processes.map((name) => pidOf(daemon, name)))).toEqual(pids);
    expect(await Promise.all(processes.map((name) => stateOf(daemon, name)))).toEqual([
      'RUNNING',
      'RUNNING',
      'RUNNING',
    ]);
    await waitFor(() => openDescriptors(pid) <= descriptors + keptDescriptors, {
      what: `about ${descriptors} descriptors`,
    });
    expect(anonymousKilobytes(pid) - settled).toBeLessThan(96 * 1024);
    expect(await daemon.stop()).toBe(0);
    expect(log.mistakes()).toEqual([]);
    expect(daemon.output).not.toMatch(/uncaught|^\s+at /im);
  },
  isLong ? 30 * 60_000 : 300_000,
);

function blame({ index, server, bytes }: Case, problem: string): string {
  const shown = JSON.stringify(bytes.toString('latin1', 0, 3000));
  return `Request ${index} on ${server}: ${problem}\nFUZZ_SEED=${seed} FUZZ_FIRST=${index}\n${shown}`;
}
