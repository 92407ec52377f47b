"""`python -m circular_gen` is the console script."""

from circular_gen.cli import main

if __name__ == "__main__":
    main()
