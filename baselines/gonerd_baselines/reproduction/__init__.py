"""The paper's tables made anew: planned as steps, run one after another, written beside what is printed."""
