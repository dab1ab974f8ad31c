/** Where a `TriggerError` lies. */
export interface TriggerFault {
  /** The option, spelt as in a configuration: `day_of_week`. */
  readonly field?: string;
  /** What is wrong, without saying where; by default the message. */
  readonly reason?: string;
}

/**
 * A trigger that cannot be made. The message is APScheduler's where APScheduler has one;
 * whoever knows a key of a configuration writes `key=value: reason` instead.
 */
export class TriggerError extends Error {
  override readonly name = 'TriggerError';
  /** The option that is wrong, spelt as in a configuration: `day_of_week`; `undefined` if it is no single one. */
  readonly field: string | undefined;
  /** What is wrong, without saying where: `the last value (24) is higher than the maximum value (23)`. */
  readonly reason: string;

  constructor(message: string, { field, reason = message }: TriggerFault = {}) {
    super(message);
    this.field = field;
    this.reason = reason;
  }
}
