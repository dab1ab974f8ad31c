import { type EventType, eventTypes } from '../../conf/event-types.ts';
import type { ListenerEvent } from './event.ts';

/** The type of an event that can happen, as opposed to the abstract ones that a pool can also ask for. */
export type ConcreteType = ListenerEvent['type'];

const concreteTypes = eventTypes.filter((type): type is ConcreteType => subtypesOf(type).length === 0);

/**
 * The events that a pool receives which asks for `names`: an abstract name stands for all below it. A set, so
 * that who asks for a type and for its parent is told once; supervisord tells twice.
 *
 * @see supervisor/events.py, `EventTypes`
 */
export function subscription(names: readonly string[]): ReadonlySet<ConcreteType> {
  return new Set(concreteTypes.filter((type) => names.some((name) => stands(name, type))));
}

function stands(name: string, type: EventType): boolean {
  return name === type || name === 'EVENT' || type.startsWith(`${name}_`);
}

function subtypesOf(type: EventType): readonly EventType[] {
  return eventTypes.filter((other) => other !== type && stands(type, other));
}
