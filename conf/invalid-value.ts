/** A value that its key does not accept. The message is supervisord's, so that what greps for it finds it. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
}
