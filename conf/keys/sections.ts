/** Every kind of section, with its keys. The documentation and the search for unknown keys start here. */
import type { Section } from '../dialect.ts';
import { ctlpluginKeys } from './ctlplugin.ts';
import { eventlistenerKeys } from './eventlistener.ts';
import { fcgiProgramKeys } from './fcgi-program.ts';
import { groupKeys } from './group.ts';
import { inetHttpServerKeys, unixHttpServerKeys } from './http-server.ts';
import { includeKeys } from './include.ts';
import type { KeyTable } from './key.ts';
import { programKeys } from './program.ts';
import { mainRpcInterface, rpcInterfaceKeys } from './rpcinterface.ts';
import { cronKeys, scheduleSectionKeys } from './schedule.ts';
import { schedulerKeys } from './scheduler.ts';
import { supervisorctlKeys } from './supervisorctl.ts';
import { supervisordKeys } from './supervisord.ts';
import { triggerKeys } from './trigger.ts';

export interface SectionKind {
  /** The name; with `named`, what stands before the colon. */
  readonly name: string;
  /**
   * `exact`: the section is called just that. `prefix`: any name that begins so, as `[inet_http_server:two]`.
   * `named`: a colon and a name of the user's follow.
   */
  readonly match: 'exact' | 'prefix' | 'named';
  readonly keys: KeyTable;
  /** Whether any other key may have a meaning too: to a plug-in. */
  readonly takesAnyKey?: (section: Section) => boolean;
  /** Whether it has all keys of `[program:x]` beside its own. */
  readonly hasProgramKeys?: true;
  readonly doc: string;
}

export const sectionKinds: readonly SectionKind[] = [
  {
    name: 'unix_http_server',
    match: 'prefix',
    keys: unixHttpServerKeys,
    doc: 'A control server on a Unix socket.',
  },
  { name: 'inet_http_server', match: 'prefix', keys: inetHttpServerKeys, doc: 'A control server on TCP.' },
  {
    name: 'supervisord',
    match: 'exact',
    keys: supervisordKeys,
    doc: 'The daemon itself. The section is required; all its keys are optional.',
  },
  {
    name: 'rpcinterface',
    match: 'named',
    keys: rpcInterfaceKeys,
    takesAnyKey: ({ values }) => values.get('supervisor.rpcinterface_factory')?.value !== mainRpcInterface,
    doc: 'A namespace of RPC methods. Without such a section for the methods of supervisor itself, they are in `supervisor`.',
  },
  {
    name: 'supervisorctl',
    match: 'exact',
    keys: supervisorctlKeys,
    doc: 'The client. Read from the main file only.',
  },
  {
    name: 'program',
    match: 'named',
    keys: { ...programKeys, ...cronKeys },
    doc: 'A program to run, as one process or several.',
  },
  {
    name: 'eventlistener',
    match: 'named',
    keys: eventlistenerKeys,
    hasProgramKeys: true,
    doc: 'A pool of processes that receive events.',
  },
  {
    name: 'fcgi-program',
    match: 'named',
    keys: fcgiProgramKeys,
    hasProgramKeys: true,
    doc: 'A program whose processes share a listening socket.',
  },
  { name: 'group', match: 'named', keys: groupKeys, doc: 'Several programs, started and stopped as one.' },
  {
    name: 'schedule',
    match: 'named',
    keys: scheduleSectionKeys,
    hasProgramKeys: true,
    doc: 'Something that is run at certain times. supervisord passes over the section.',
  },
  {
    name: 'trigger',
    match: 'named',
    keys: triggerKeys,
    doc: 'Times, for the `triggers` of a `[schedule:x]`. supervisord passes over the section.',
  },
  {
    name: 'scheduler',
    match: 'exact',
    keys: schedulerKeys,
    doc: 'What all schedules have in common. supervisord passes over the section.',
  },
  { name: 'include', match: 'exact', keys: includeKeys, doc: 'More files. Read from the main file only.' },
  {
    name: 'ctlplugin',
    match: 'named',
    keys: ctlpluginKeys,
    takesAnyKey: () => true,
    doc: 'A plug-in of supervisorctl, with commands of its own. Read from the main file only; any other key is for the plug-in. supervisord passes over the section.',
  },
];

/** The kind that a section name belongs to. */
export function sectionKindOf(name: string): SectionKind | undefined {
  return sectionKinds.find((kind) => {
    if (kind.match === 'exact') return name === kind.name;
    return name.startsWith(kind.match === 'named' ? `${kind.name}:` : kind.name);
  });
}
