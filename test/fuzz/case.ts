/** One thing that the fuzzer sends, decided by a seed and a number alone. */
import { type Corpus, harmfulCorpus, harmlessCorpus, type Surroundings } from './corpus.ts';
import { wrongBytes } from './mutations.ts';
import { Random } from './random.ts';

/** One that asks for no password, one for a password, and one that has only its hash. */
export type Server = 'unix' | 'inet' | 'hashed';

export interface Case {
  readonly index: number;
  readonly server: Server;
  /** Whether it may be let in; if not, it must be refused whatever it is. */
  readonly admission: 'may be admitted' | 'must be refused';
  readonly bytes: Buffer;
  /** Where to pause within the bytes. */
  readonly pauseAt: number;
  /** What the client does when it has said everything. */
  readonly ending: 'close its side' | 'vanish' | 'wait for something';
}

export interface Accounts {
  readonly username: string;
  readonly password: string;
}

/** Words that could stop something; changed at random, harmless requests have them about never. */
const harmful = /shut ?down|restart|stop|signal|\.clearLog|removeProcess/i;

/** Makes cases; the unix server asks for no password, the others for that of the account. */
export class Cases {
  readonly #seed: number;
  readonly #accounts: Accounts;
  readonly #harmless: Corpus;
  readonly #harmful: Corpus;

  constructor(seed: number, surroundings: Surroundings, accounts: Accounts) {
    this.#seed = seed;
    this.#accounts = accounts;
    this.#harmless = harmlessCorpus(surroundings);
    this.#harmful = harmfulCorpus(surroundings);
  }

  at(index: number): Case {
    const random = new Random(this.#seed ^ Math.imul(index + 1, 0x9e3779b1));
    const server = serverOf(random);
    const mustBeRefused = server !== 'unix' && random.oneIn(2);
    const bytes = mustBeRefused ? this.#refused(random) : this.#admitted(server, random);
    return {
      index,
      server,
      admission: mustBeRefused ? 'must be refused' : 'may be admitted',
      bytes,
      pauseAt: random.oneIn(4) ? random.below(bytes.length + 1) : bytes.length,
      ending: random.oneIn(10) ? random.pick(['vanish', 'wait for something']) : 'close its side',
    };
  }

  #admitted(server: Server, random: Random): Buffer {
    const authorization = server !== 'unix' || random.oneIn(10) ? this.#rightCredentials() : '';
    for (;;) {
      const count = random.oneIn(10) ? 1 + random.below(5) : 1;
      const requests = Array.from({ length: count }, () =>
        wrongBytes(random.pick(random.pick(this.#harmless)), authorization, random),
      );
      const bytes = Buffer.concat(requests);
      if (!harmful.test(bytes.toString('latin1'))) return bytes;
    }
  }

  #refused(random: Random): Buffer {
    const corpus = random.oneIn(2) ? this.#harmful : this.#harmless;
    return wrongBytes(random.pick(random.pick(corpus)), this.#wrongCredentials(random), random);
  }

  #rightCredentials(): string {
    return `Authorization: Basic ${base64(`${this.#accounts.username}:${this.#accounts.password}`)}`;
  }

  #wrongCredentials(random: Random): string {
    const { username, password } = this.#accounts;
    const value = random.pick([
      '',
      `Basic ${base64(`${username}:`)}`,
      `Basic ${base64(`:${password}`)}`,
      `Basic ${base64(`${username}:${password.toUpperCase()}`)}`,
      `Basic ${base64(username)}`,
      `Basic ${base64(`${username}:\0`)}`,
      `Basic ${base64('root:root')}`,
      `Bearer ${base64(`${username}:${password}`)}`,
      'Basic',
      'Basic =',
      'Basic \xff\xfe',
      `Digest username="${username}", realm="default", nonce="", uri="/RPC2", response=""`,
      `Basic ${'A'.repeat(10_000)}`,
      ':',
    ]);
    return value === '' ? '' : `Authorization: ${value}`;
  }
}

/** A wrong guess at a hash costs the daemon a good part of the time that a thousand other requests do. */
function serverOf(random: Random): Server {
  if (random.oneIn(100)) return 'hashed';
  return random.oneIn(3) ? 'inet' : 'unix';
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
