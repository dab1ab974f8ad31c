/**
 * `%(run_id)s` and `%(scheduled)s` in settings of a process: they are only known when a run starts, so until then the
 * settings hold them as written.
 */
import type { ChannelSettings, ProcessSettings } from './settings.ts';

/** What the names of a run stand for. */
export interface RunNames {
  readonly run_id: string;
  /** The fire time, in ISO 8601. */
  readonly scheduled: string;
}

const runName = /%\((run_id|scheduled)\)s/g;

/** Whether anything of a process is another for each run. */
export function dependsOnRun(settings: ProcessSettings): boolean {
  return texts(settings).some((text) => text.search(runName) >= 0);
}

/** The settings of the processes of one run. */
export function settingsForRun(settings: ProcessSettings, names: RunNames): ProcessSettings {
  if (!dependsOnRun(settings)) return settings;
  const put = (text: string) => text.replace(runName, (_, name: keyof RunNames) => names[name]);
  return mapTexts(settings, put);
}

function texts({ command, directory = '', environment, stdout, stderr }: ProcessSettings): string[] {
  return [command, directory, ...environment.values(), ...[stdout, stderr].map(pathOf)];
}

function pathOf({ logfile }: ChannelSettings): string {
  return logfile.type === 'file' ? logfile.path : '';
}

/** Changes every text of the settings that may have one of the names in it. */
export function mapTexts(settings: ProcessSettings, change: (text: string) => string): ProcessSettings {
  const { command, directory, environment, stdout, stderr } = settings;
  return {
    ...settings,
    command: change(command),
    directory: directory === undefined ? undefined : change(directory),
    environment: new Map([...environment].map(([name, value]) => [name, change(value)])),
    stdout: mapPath(stdout, change),
    stderr: mapPath(stderr, change),
  };
}

function mapPath(channel: ChannelSettings, change: (text: string) => string): ChannelSettings {
  const { logfile } = channel;
  return logfile.type === 'file'
    ? { ...channel, logfile: { type: 'file', path: change(logfile.path) } }
    : channel;
}
