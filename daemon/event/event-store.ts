/** The file in the runtime directory that {@link EventLedger} is kept in. */
import { join } from 'node:path';
import { errorCode } from '../../conf/error-code.ts';
import type { LogLevel } from '../../conf/settings.ts';
import { RecordFile, type RecordFormat, readRecords, setAside } from '../state/record-file.ts';
import { EventLedger, type EventRecord } from './event-ledger.ts';
import type { SerialCounter } from './serial.ts';

export interface EventStoreOptions {
  /** The runtime directory, which no other daemon uses. */
  readonly directory: string;
  readonly bootId: string;
  /** `identifier` of the daemon. */
  readonly identifier: string;
  /** Numbers events through all lives of the daemon. */
  readonly serials: SerialCounter;
  readonly log: (level: LogLevel, text: string) => void;
}

const format: RecordFormat = { kind: 'events', version: 1, mayBeCutOff: true };

/** Why this version could not go on with the events in a runtime directory; `undefined`: it could. */
export function unreadableEvents(directory: string, bootId: string): string | undefined {
  const path = pathIn(directory);
  const reading = readRecords(path, format, bootId);
  return reading.type === 'unusable' ? `cannot use events in '${path}': ${reading.reason}` : undefined;
}

/** Goes on with the events of a daemon that was killed, if there was one, and keeps those of this one. */
export function openEventLedger({
  directory,
  bootId,
  identifier,
  serials,
  log,
}: EventStoreOptions): EventLedger {
  const path = pathIn(directory);
  const reading = readRecords(path, format, bootId);
  if (reading.type === 'unusable') putAway(path, reading.reason, log);
  const records = reading.type === 'read' ? (reading.records as readonly EventRecord[]) : [];
  const ledger = new EventLedger({ identifier, serials, records });
  const snapshot = () => ledger.snapshot();
  ledger.recordIn(new RecordFile({ ...format, path, bootId, snapshot, isHarmfulWhenOld: true, log }));
  return ledger;
}

function pathIn(directory: string): string {
  return join(directory, 'events');
}

function putAway(path: string, reason: string, log: EventStoreOptions['log']): void {
  log(
    'error',
    `cannot go on with the events in '${path}': ${reason}; the file is put aside, and events are numbered anew`,
  );
  try {
    setAside(path);
  } catch (error) {
    log('error', `cannot put '${path}' aside: ${errorCode(error)}`);
  }
}
