/** What plug-ins of supervisorctl are made of. docs/supervisorctl.md tells their authors. */
import type { Encodable } from '../../rpc/xmlrpc.ts';
import type { Command } from '../command.ts';
import type { PlainValue } from '../plain-value.ts';
import type { ProcessInfo } from '../supervisor-api.ts';

/** A value that the server sent, as plug-ins see it: a struct is a plain object. */
export type PluginValue = PlainValue;

/** What supervisorctl offers to a plug-in. */
export interface Controller {
  /** Calls a method of the server, such as `supervisor.getState`. @throws {Error} a fault, or no answer */
  call(method: string, ...params: readonly Encodable[]): Promise<PluginValue>;
  /** Every process: `group`, `name`, `state`, `statename`, `description` and `pid` of each. */
  processes(): Promise<readonly Omit<ProcessInfo, 'members'>[]>;
  /** Runs a line as if it had been typed, such as `restart web`; resolves with its exit status. */
  run(line: string): Promise<number>;
  /** Prints a line on stdout. */
  print(line: string): void;
  /** Prints a line on stderr. */
  printError(line: string): void;
}

/** A command of a plug-in. */
export interface PluginCommand {
  /** What `help` says, line by line; without it there is no help. */
  readonly help?: string;
  /** What TAB offers as arguments; nothing unless said. */
  readonly completes?: 'processes' | 'groups';
  /**
   * @param words the arguments, split at blanks
   * @returns the exit status; nothing is 0
   * @throws anything: the message is shown, and the status is 1
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: what a function without `return` gives
  run(words: readonly string[]): number | void | Promise<number | void>;
}

/** Commands by name, which consists of letters, digits and underscores. */
export type PluginCommands = Readonly<Record<string, PluginCommand>>;

/**
 * What `supervisor.ctl_factory` names.
 *
 * @param options the other keys of the section, expanded
 */
export type PluginFactory = (
  controller: Controller,
  options: Readonly<Record<string, string>>,
) => PluginCommands | Promise<PluginCommands>;

/** A plug-in in use. */
export interface Plugin {
  /** What follows `ctlplugin:`. */
  readonly name: string;
  readonly commands: ReadonlyMap<string, Command>;
}
