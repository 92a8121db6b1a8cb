"""A queue of films: `listed` reads it, `planning` says what each will be, `running` makes one after the other."""
