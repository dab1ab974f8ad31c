/**
 * Replacing the running program by the version that is installed now, in the same process: children stay
 * children, sockets stay open, and all else is in the runtime directory.
 *
 * @see docs/decisions/0008-crash-and-upgrade.md
 */
import type { LogLevel } from '../../conf/settings.ts';
import type { Supervisor } from '../process/supervisor.ts';
import type { Rereading } from '../rereading.ts';
import { askNewVersion, type Launcher, type NewVersion, UpgradeError } from './new-version.ts';

export interface UpgradeParts {
  readonly supervisor: Supervisor;
  readonly rereading: Rereading;
  readonly launcher: Launcher;
  readonly runtimeDirectory: string;
  /** From {@link Question}. */
  readonly longestAnswerMs?: number;
  readonly log: (level: LogLevel, text: string) => void;
  /** Ends this life, for the new version to go on. */
  readonly begin: (newVersion: NewVersion) => void;
}

export class Upgrade {
  readonly #parts: UpgradeParts;
  #isUnderWay = false;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
  }

  /**
   * Finds out whether an upgrade would succeed.
   *
   * @returns the version that would go on
   * @throws {UpgradeError} why it would not
   */
  async check(): Promise<string> {
    return (await this.#find()).version;
  }

  /**
   * Begins an upgrade, if the new version can go on.
   *
   * @returns its version
   * @throws {UpgradeError} nothing has changed
   */
  async start(): Promise<string> {
    if (this.#isUnderWay) throw new UpgradeError('an upgrade is under way');
    this.#isUnderWay = true;
    try {
      const newVersion = await this.#find();
      const { begin, log } = this.#parts;
      log('info', `upgrading to version ${newVersion.version}`);
      begin(newVersion);
      return newVersion.version;
    } catch (error) {
      this.#isUnderWay = false;
      throw error;
    }
  }

  async #find(): Promise<NewVersion> {
    this.#checkState();
    const newVersion = await askNewVersion(this.#parts.launcher, this.#parts);
    // Time has passed.
    this.#checkState();
    return newVersion;
  }

  /** What is not written down must not be under way: it would be lost. */
  #checkState(): void {
    const { supervisor, rereading } = this.#parts;
    if (supervisor.state !== 'RUNNING') throw new UpgradeError('supervisord is shutting down');
    for (const group of supervisor.groups.values()) {
      if (group.update === undefined) continue;
      throw new UpgradeError(`group ${group.settings.name} is being updated`);
    }
    const result = rereading.compare();
    if (result.type === 'invalid') {
      throw new UpgradeError(result.errors.map(({ message }) => message).join('\n'));
    }
    const { changed, removed } = result.difference;
    refuseDifference([...changed, ...removed], 'update');
    refuseDifference(result.daemonSections, 'reload');
  }
}

/** The new version would run what nobody has asked for yet. */
function refuseDifference(names: readonly string[], remedy: 'update' | 'reload'): void {
  if (names.length === 0) return;
  throw new UpgradeError(
    `the configuration differs from what runs (${names.join(', ')}): undo that, or run 'supervisorctl ${remedy}' first`,
  );
}
