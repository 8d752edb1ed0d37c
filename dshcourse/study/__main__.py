"""The command line of the study: python -m dshcourse.study table1 --split classroom …"""

from dshcourse.study.experiments import main

if __name__ == "__main__":
    main()
