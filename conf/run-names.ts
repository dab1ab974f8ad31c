/**
 * `%(run_id)s` and `%(scheduled)s` in the settings of a process. They are only known when a run starts; until then the
 * settings hold them as they are written.
 */
import type { ChannelSettings, ProcessSettings } from './settings.ts';

/** What the names of a run stand for. */
export interface RunNames {
  readonly run_id: string;
  /** The fire time, in ISO 8601. */
  readonly scheduled: string;
}

const name = /%\((run_id|scheduled)\)s/g;

/** The settings of the processes of one run; themselves, if they do not depend on it. */
export function settingsForRun(settings: ProcessSettings, names: RunNames): ProcessSettings {
  return mapTexts(settings, name, (which) => names[which]);
}

/** Whether anything of a process differs from run to run. */
export function dependsOnRun(settings: ProcessSettings): boolean {
  return textsOf(settings).some((text) => text.search(name) >= 0);
}

/**
 * What the names stand for while values are read: a word, so that it can stand without quotes wherever the name can.
 * {@link withRunNames} then puts the names in its place.
 */
export const runPlaceholders: ReadonlyMap<string, string> = new Map([
  ['run_id', 'ÿrun_idÿ'],
  ['scheduled', 'ÿscheduledÿ'],
]);

const placeholder = /\u00ff(run_id|scheduled)\u00ff/g;

/** The settings with the names where the placeholders are. */
export function withRunNames(settings: ProcessSettings): ProcessSettings {
  return mapTexts(settings, placeholder, (which) => `%(${which})s`);
}

/** A width or a precision would be that of the placeholder. */
const formattedName = /%\((?:run_id|scheduled)\)(?!s)/;

/** Whether a value uses one of the names in another way than as `%(name)s`. */
export function formatsRunName(template: string): boolean {
  return formattedName.test(template);
}

function textsOf({ command, directory = '', environment, stdout, stderr }: ProcessSettings): string[] {
  return [command, directory, ...environment.values(), pathOf(stdout), pathOf(stderr)];
}

function pathOf({ logfile }: ChannelSettings): string {
  return logfile.type === 'file' ? logfile.path : '';
}

function mapTexts(
  settings: ProcessSettings,
  pattern: RegExp,
  put: (which: keyof RunNames) => string,
): ProcessSettings {
  if (!textsOf(settings).some((text) => text.search(pattern) >= 0)) return settings;
  const change = (text: string) => text.replace(pattern, (_, which: keyof RunNames) => put(which));
  const { command, directory, environment, stdout, stderr } = settings;
  const changePath = (channel: ChannelSettings): ChannelSettings =>
    channel.logfile.type === 'file'
      ? { ...channel, logfile: { type: 'file', path: change(channel.logfile.path) } }
      : channel;
  return {
    ...settings,
    command: change(command),
    directory: directory === undefined ? undefined : change(directory),
    environment: new Map([...environment].map(([variable, value]) => [variable, change(value)])),
    stdout: changePath(stdout),
    stderr: changePath(stderr),
  };
}
