#include "train_kernels.h"
