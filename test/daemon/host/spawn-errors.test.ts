import { constants } from 'node:os';
import { expect, it, jest } from '@jest/globals';

// No test can use up the memory of the machine, so the C library is made to say that it is.
let errno = 0;
jest.unstable_mockModule('../../../daemon/host/libc/children.ts', () => ({ spawnChild: () => -errno }));
const { spawnProgram } = await import('../../../daemon/host/spawn.ts');

function reasonFor(code: keyof typeof constants.errno): string {
  errno = constants.errno[code];
  const outcome = spawnProgram({
    name: 'web',
    path: '/bin/true',
    argv: ['true'],
    environment: new Map(),
    directory: undefined,
    stdio: [3, 4, 5],
    user: undefined,
    umask: undefined,
    nofile: undefined,
  });
  if (outcome.type !== 'failed') throw new Error('unreachable');
  return outcome.reason;
}

const cases = [
  ['ENOMEM', "unknown error during fork for 'web': ENOMEM"],
  ['EAGAIN', "Too many processes in process table to spawn 'web'"],
  ['ETXTBSY', "couldn't exec true: ETXTBSY"],
  ['EPERM', "couldn't exec true: EPERM"],
  ['ELOOP', "couldn't exec true: ELOOP"],
] as const;

for (const [code, reason] of cases) {
  it(`is told that a program cannot be spawned for ${code}`, () => expect(reasonFor(code)).toBe(reason));
}
