/**
 * Everything that can happen to a daemon and its programs, by chance, for as long as is said: and what must be true
 * of it all the time.
 *
 * What was asked of a daemon that is killed before it has answered may or may not have come to pass. So each program
 * has a wish: it must run, it must not, or either is right.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { kill } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerFault } from '../../ctl/failures.ts';
import { pidsOfCommand } from '../../daemon/host/pipe-holders.ts';
import { Random } from '../fuzz/random.ts';
import { waitFor } from '../support/wait-for.ts';
import { Copies } from './copies.ts';
import { writtenBy } from './ledger.ts';
import { type Life, Lives } from './lives.ts';
import { type Writer, Writers } from './writers.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly writers: readonly Writer[];
  /** Names of those that come and go with the configuration. */
  readonly passing: readonly string[];
  /** Further lines of `[supervisord]`. */
  readonly supervisord?: string;
  /** Further sections, with `%(here)s` for the directory. */
  readonly sections?: string;
  /** What nobody does. */
  readonly spared?: readonly ('reload' | 'remove all')[];
  readonly maxBytes: number;
  readonly rate: number;
}

/** How often each thing was done. */
export type Tally = Map<string, number>;

type Wish = 'up' | 'down' | 'either';

/** Something that is asked of a daemon. It may be killed before it answers. */
interface Request {
  readonly what: string;
  /** Programs of which it may end children. */
  readonly touches: readonly string[];
  /** A program that is asked to be so, and will be unless something else is asked at the same time. */
  readonly wish?: { readonly name: string; readonly is: Wish };
  /** @returns whether it was done, and not refused */
  perform(): Promise<boolean>;
}

/** Milliseconds in which everything must be as it is wished. */
const settleLimit = 60_000;
/** Milliseconds from the moment at which a connection breaks to that at which its daemon has been reaped. */
const endLimit = 5_000;

export class Chaos implements AsyncDisposable {
  readonly tally: Tally = new Map();
  readonly lives: Lives;
  readonly writers: Writers;
  readonly copies: Copies;
  /** Pids of children whose program was not configured any more when a daemon started: nobody reads what they left. */
  readonly unread = new Set<number>();
  /** What must never be, as sentences. */
  readonly problems: string[] = [];
  readonly #options: ChaosOptions;
  readonly #random: Random;
  readonly #wishes = new Map<string, Wish>();
  /** Programs that are in the file. */
  readonly #configured: Set<string>;
  /** Of each program, how often its settings were changed. */
  readonly #revisions = new Map<string, number>();
  /** Programs whose sections have changed since everything was as the file says. */
  readonly #edited = new Set<string>();
  /** Children whose end somebody has asked for. */
  readonly #mayEnd = new Set<number>();
  readonly #underWay = new Set<Request>();
  /** All that was done, with the time. */
  readonly #trail: string[] = [];
  #life: Life | undefined;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.lives = new Lives('ours', options.supervisord);
    const directory = join(this.lives.dir, 'writers');
    this.writers = new Writers({ ...options, directory });
    this.copies = new Copies({
      directory,
      onBorn: (name, pid) => this.#born(name, pid),
      onGone: (name, pid) => this.#gone(name, pid),
    });
    this.#configured = new Set(options.writers.map(({ name }) => name));
    for (const name of this.#configured) this.#wishes.set(name, 'up');
    this.#configure();
  }

  /** Kills daemons until `seconds` have passed, and has everything settle in the end. */
  async run(seconds: number): Promise<void> {
    const until = performance.now() + seconds * 1000;
    this.#life = await this.lives.start();
    await this.#settle();
    for (let round = 1; performance.now() < until; round += 1) {
      await this.#round();
      if (round % 8 === 0) await this.#settle();
    }
    await this.#settle();
  }

  /** Names of the programs that are configured now. */
  get configured(): readonly string[] {
    return [...this.#configured];
  }

  /** The daemon that runs now. */
  get life(): Life {
    if (this.#life === undefined) throw new Error('No daemon was started yet');
    return this.#life;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.copies[Symbol.dispose]();
    this.writers[Symbol.dispose]();
    await this.lives[Symbol.asyncDispose]();
  }

  /** Some things happen to a daemon, it is killed, something happens meanwhile, and there is another. */
  async #round(): Promise<void> {
    await this.lives.answering(this.life);
    for (let count = this.#random.below(4); count > 0; count -= 1) await this.#disturb();
    const requests = Array.from({ length: this.#random.below(3) }, () => this.#randomRequest());
    const isAlone = requests.length === 1;
    const done = Promise.all(requests.map((request) => this.#make(request, isAlone)));
    if (this.#random.oneIn(4)) await done;
    else await this.#aMoment();
    await this.#kill();
    await done;
    await this.#whileNobodyIsThere();
    await this.#next();
  }

  /** One that may be killed while it is still finding out what the one before has left. */
  async #next(): Promise<void> {
    for (;;) {
      const isContested = this.#random.oneIn(6);
      this.#life = isContested ? await this.#winnerOfTwo() : this.#begin();
      if (isContested || !this.#random.oneIn(3)) break;
      await delay(this.#random.below(900));
      await this.#kill('a daemon that starts');
    }
    await this.lives.answering(this.life);
  }

  async #winnerOfTwo(): Promise<Life> {
    this.#count('two daemons at once');
    const [one, other] = [this.#begin(), this.#begin()];
    await Promise.race([one.ended, other.ended]);
    const [winner, loser] = one.end === undefined ? [one, other] : [other, one];
    const isRefused = /Another program is already listening|another supervisord is using it/.test(
      loser.output,
    );
    if (!isRefused) this.problems.push(`a second daemon ended with ${loser.end}: ${loser.output}`);
    return winner;
  }

  async #kill(what = 'kill -9 of the daemon'): Promise<void> {
    if (this.life.end !== undefined) this.problems.push(this.#unasked());
    this.#count(what);
    await this.lives.end(this.life, 'SIGKILL');
  }

  #unasked(): string {
    return `the daemon has ended with ${this.life.end}: ${this.life.output}${this.lives.lastLog()}`;
  }

  /** Long enough for the daemon to be in the middle of something. */
  async #aMoment(): Promise<void> {
    if (this.#random.oneIn(2)) {
      // An upgrade takes longer than all else.
      await delay(this.#random.below(this.#random.oneIn(3) ? 1000 : 300));
      return;
    }
    const until = performance.now() + this.#random.below(5000) / 1000;
    while (performance.now() < until);
  }

  async #whileNobodyIsThere(): Promise<void> {
    for (let count = this.#random.below(3); count > 0; count -= 1) this.#killSomeone();
    if (this.#random.oneIn(8)) this.#damageState();
    if (this.#random.oneIn(10)) this.#edit();
    if (this.#random.oneIn(3)) await delay(this.#random.below(700));
  }

  /** What needs no daemon, or only a signal to it. */
  async #disturb(): Promise<void> {
    await this.#random.pick([
      () => this.#killSomeone(),
      () => this.#killSomeone(),
      () => this.#flood(),
      () => this.#signal('SIGUSR2'),
      () => this.#rival(),
      () => delay(this.#random.below(300)),
    ])();
  }

  #killSomeone(): void {
    const pids = this.copies.of();
    if (pids.length === 0) return;
    const pid = this.#random.pick(pids);
    const signal = this.#random.pick(['SIGKILL', 'SIGTERM'] as const);
    this.#count(`${signal} to a child`);
    this.#mayEnd.add(pid);
    try {
      kill(pid, signal);
    } catch {
      // It has just ended.
    }
  }

  #flood(): void {
    this.#count('flood');
    this.writers.flood(this.#random.pick(this.#options.writers).name, 5000);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.life.end !== undefined) return;
    this.#count(signal);
    kill(this.life.pid, signal);
  }

  async #rival(): Promise<void> {
    if (!this.#random.oneIn(4)) return;
    this.#count('second daemon');
    const rival = this.lives.begin();
    await rival.ended;
    if (!rival.output.includes('Another program is already listening'))
      this.problems.push(`a second daemon ended with ${rival.end}: ${rival.output}`);
  }

  #damageState(): void {
    const journal = join(this.lives.runtimeDirectory, 'processes');
    if (!existsSync(journal)) return;
    const { size } = statSync(journal);
    const all = ['truncate', 'garbage', 'remove', 'empty', 'remove all'] as const;
    const damage = this.#random.pick(all.filter((each) => this.#isDone(each)));
    this.#count(`state: ${damage}`);
    switch (damage) {
      case 'truncate':
        truncateSync(journal, this.#random.below(size));
        break;
      case 'empty':
        truncateSync(journal, 0);
        break;
      case 'remove':
        rmSync(journal);
        break;
      case 'remove all':
        rmSync(this.lives.runtimeDirectory, { recursive: true });
        break;
      case 'garbage': {
        const bytes = this.#random.bytes(1 + this.#random.below(200));
        const fd = openSync(journal, 'r+');
        writeSync(fd, bytes, 0, bytes.length, this.#random.below(size));
        closeSync(fd);
        break;
      }
      default:
        damage satisfies never;
    }
    // That something had been stopped is not known any more.
    for (const [name, wish] of this.#wishes) if (wish === 'down') this.#wishes.set(name, 'either');
  }

  #randomRequest(): Request {
    const name = this.#random.pick([...this.#configured]);
    const kinds = [
      () => this.#stop(name),
      () => this.#start(name),
      () => this.#restart(name),
      () => this.#restart(name),
      () => this.#upgrade('rpc'),
      () => this.#upgrade('signal'),
      () => this.#update(),
      () => this.#update(),
    ];
    if (this.#isDone('reload')) kinds.push(() => this.#reload());
    return this.#random.pick(kinds)();
  }

  #isDone(what: string): boolean {
    return !this.#options.spared?.some((each) => each === what);
  }

  #stop(name: string): Request {
    return {
      what: 'stop',
      touches: [name],
      wish: { name, is: 'down' },
      perform: async () => (await this.#call('supervisor.stopProcess', name)) !== undefined,
    };
  }

  #start(name: string): Request {
    return {
      what: 'start',
      touches: [],
      wish: { name, is: 'up' },
      perform: async () => (await this.#call('supervisor.startProcess', name)) !== undefined,
    };
  }

  #restart(name: string): Request {
    return {
      what: 'restart',
      touches: [name],
      wish: { name, is: 'up' },
      perform: async () => {
        await this.#call('supervisor.stopProcess', name);
        return (await this.#call('supervisor.startProcess', name)) !== undefined;
      },
    };
  }

  #upgrade(by: 'rpc' | 'signal'): Request {
    return {
      what: `upgrade by ${by}`,
      touches: [],
      perform: async () => {
        if (by === 'rpc') return (await this.#call('monitor.upgrade')) !== undefined;
        this.#signal('SIGUSR1');
        return true;
      },
    };
  }

  #reload(): Request {
    return {
      what: 'reload',
      touches: [...this.#configured],
      perform: async () => {
        const before = this.lives.log().length;
        for (const [name, wish] of this.#wishes) if (wish === 'down') this.#wishes.set(name, 'either');
        this.#signal('SIGHUP');
        // Not the line alone: that of the life before may come late.
        const pattern = /received SIGHUP[\s\S]*supervisord started with pid/;
        const isDone = () => pattern.test(this.lives.log().slice(before));
        const isOver = () => isDone() || this.life.end !== undefined;
        await waitFor(isOver, { what: 'the reload', limit: settleLimit });
        return true;
      },
    };
  }

  #update(): Request {
    this.#edit();
    return { what: 'update', touches: [...this.#edited], perform: () => this.#bringUpToDate() };
  }

  /** Changes the file. */
  #edit(): void {
    this.#count('edit');
    const name = this.#random.pick(this.#options.writers).name;
    this.#edited.add(name);
    // With other settings it is another program, which is started though this one had been stopped.
    if (this.#wishes.get(name) === 'down') this.#wishes.set(name, 'either');
    if (!this.#options.passing.includes(name)) {
      this.#revisions.set(name, (this.#revisions.get(name) ?? 0) + 1);
    } else if (this.#configured.delete(name)) {
      this.#wishes.set(name, 'either');
    } else {
      this.#configured.add(name);
      // It may be that nobody has noticed that it had gone, so that it goes on as it was.
      this.#wishes.set(name, 'either');
    }
    this.#configure();
  }

  #configure(): void {
    const { writers, sections = '' } = this.#options;
    const configured = writers.filter(({ name }) => this.#configured.has(name));
    const texts = configured.map((writer) => {
      const revision = this.#revisions.get(writer.name) ?? 0;
      return `${this.writers.section(writer)}environment=REVISION="${revision}"\n`;
    });
    this.lives.configure(texts.join('') + sections);
  }

  /** What `supervisorctl update` does. */
  async #bringUpToDate(): Promise<boolean> {
    const difference = await this.#call('supervisor.reloadConfig');
    // It is about to end, or to start over.
    if (difference === undefined) return false;
    const [[added, changed, removed]] = difference as [[string[], string[], string[]]];
    for (const name of removed) {
      await this.#call('supervisor.stopProcessGroup', name);
      await this.#call('supervisor.removeProcessGroup', name);
    }
    for (const name of changed) await this.#call('monitor.updateProcessGroup', name);
    for (const name of added) await this.#call('supervisor.addProcessGroup', name);
    return true;
  }

  /** Calls a method; a fault, such as that something runs already, is an answer too. */
  async #call(method: string, ...parameters: string[]): Promise<unknown> {
    try {
      return await this.lives.rpc(method, ...parameters);
    } catch (error) {
      if (error instanceof ServerFault) return undefined;
      throw error;
    }
  }

  /** Has a request made. That the daemon is killed meanwhile is no error. */
  async #make(request: Request, isAlone = true): Promise<void> {
    this.#count(request.what);
    const { wish } = request;
    if (wish !== undefined) this.#wishes.set(wish.name, 'either');
    this.#underWay.add(request);
    for (const name of request.touches) for (const pid of this.copies.of(name)) this.#mayEnd.add(pid);
    try {
      const isDone = await request.perform();
      if (isDone && isAlone && wish !== undefined) this.#wishes.set(wish.name, wish.is);
    } catch (error) {
      await Promise.race([this.life.ended, delay(endLimit, undefined, { ref: false })]);
      if (this.life.end === undefined) this.problems.push(`${request.what} failed: ${error}`);
    } finally {
      this.copies.look();
      this.#underWay.delete(request);
    }
  }

  #born(name: string, pid: number): void {
    this.#mayEnd.delete(pid);
    if ([...this.#underWay].some(({ touches }) => touches.includes(name))) this.#mayEnd.add(pid);
  }

  #gone(name: string, pid: number): void {
    if (this.#mayEnd.delete(pid) || !this.#configured.has(name)) return;
    this.problems.push(`${new Date().toISOString()} ${name} (pid ${pid}) ended though nobody wanted it to`);
  }

  /** After a while of quiet everything must be as it is wished, and once. */
  async #settle(): Promise<void> {
    this.#count('settled');
    await this.lives.answering(this.life);
    const expected = new Map(this.#wishes);
    for (const name of this.#configured) {
      const wish = expected.get(name);
      if (wish === 'either') continue;
      const isSo = async () => ((await this.#stateOf(name)) === 'RUNNING') === (wish === 'up');
      await this.#expect(isSo, `${name} to be ${wish}`);
    }
    const update = () => this.#bringUpToDate();
    await this.#make({ what: 'update', touches: [...this.#edited], perform: update });
    this.#edited.clear();
    await this.#make({ what: 'start all', touches: [], perform: () => this.#startAll() });
    for (const name of this.#configured) {
      this.#wishes.set(name, 'up');
      const isSo = async () => (await this.#runningPidOf(name)) === this.copies.of(name)[0];
      await this.#expect(isSo, `${name} to run`);
    }
    for (const { name } of this.#options.writers) {
      const count = this.#configured.has(name) ? 1 : 0;
      await this.#expect(() => this.copies.of(name).length === count, `${count} of ${name}`);
    }
    await this.#expect(() => this.keepers().length === 1, 'one process that keeps pipes open');
    this.#checkProblems();
  }

  async #startAll(): Promise<boolean> {
    for (const name of this.#configured) await this.#call('supervisor.startProcess', name);
    return true;
  }

  /** The processes that keep pipes open. */
  keepers(): number[] {
    return pidsOfCommand(['cat', join(this.lives.runtimeDirectory, 'keeps-pipes-open')]);
  }

  /** What lies in the runtime directory, sorted, but for a journal that was damaged, which is kept. */
  leftInRuntimeDirectory(): string[] {
    const files = readdirSync(this.lives.runtimeDirectory);
    return files.filter((file) => !file.endsWith('.unusable')).sort();
  }

  async #expect(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    try {
      await waitFor(condition, { what, limit: settleLimit });
    } catch (error) {
      this.problems.push(String(error));
      this.#checkProblems();
    }
  }

  /** @throws {Error} if there are any, with all that led to them */
  #checkProblems(): void {
    this.problems.push(...this.copies.doubles.splice(0));
    if (this.problems.length === 0) return;
    const trail = this.#trail.slice(-60).join('\n');
    throw new Error(`${this.problems.join('\n')}\n\n${trail}\n${this.lives.lastLog()}`);
  }

  async #stateOf(name: string): Promise<unknown> {
    return (await this.#infoOf(name))?.get('statename');
  }

  async #runningPidOf(name: string): Promise<unknown> {
    const info = await this.#infoOf(name);
    return info?.get('statename') === 'RUNNING' ? info.get('pid') : undefined;
  }

  async #infoOf(name: string): Promise<ReadonlyMap<string, unknown> | undefined> {
    const info = await this.#call('supervisor.getProcessInfo', name);
    return info instanceof Map ? info : undefined;
  }

  #begin(): Life {
    for (const { name } of this.#options.writers) {
      if (this.#configured.has(name)) continue;
      const children = writtenBy(this.writers.directory, name).keys();
      for (const child of children) this.unread.add(Number.parseInt(child, 10));
    }
    return this.lives.begin();
  }

  #count(what: string): void {
    this.#trail.push(`${new Date().toISOString()} ${what}`);
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }
}
