# Sequential Poisson sampling of the R package sps over N objects, timed from inside: one JSON line.
#
# Usage: Rscript sps.R N FRACTION
# Prints {"seconds": wall, "peak_mb": peak}; the peak is that of R's own heap.

words <- commandArgs(trailingOnly = TRUE)
n <- as.integer(words[1])
fraction <- as.numeric(words[2])
set.seed(1)
size <- sample.int(1000L, n, replace = TRUE)
drawn <- sps::sps(size, as.integer(n * fraction)) # once to warm up
invisible(gc(reset = TRUE))
seconds <- system.time(sps::sps(size, as.integer(n * fraction)), gcFirst = FALSE)[["elapsed"]]
peak <- sum(gc()[, 6])
cat(sprintf("{\"seconds\": %.6f, \"peak_mb\": %.1f}\n", seconds, peak))
