/** An option of a daemon: its default, or undefined where it must be given. */
export type OptionTable = Readonly<
  Record<
    string,
    {
      readonly help: string;
      /** What stands for its value in the help. */
      readonly value?: 'FILE' | 'FOLDER' | 'ADDRESS:PORT' | 'ADDRESS' | 'SECONDS' | 'NAME';
      readonly default?: string;
      readonly many?: boolean;
      readonly required?: boolean;
      /** Takes no value. */
      readonly flag?: boolean;
    }
  >
>;
