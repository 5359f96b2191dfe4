/** A board of the host application, as it hands it to our components. */
export interface HostTablo {
  readonly id: string;
  readonly name: string;
  /** Any CSS colour. */
  readonly color?: string | null | undefined;
  /** Address of a picture. */
  readonly image?: string | null | undefined;
}
