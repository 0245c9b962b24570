#ifndef QID_CZSTD_SHIM_H
#define QID_CZSTD_SHIM_H

#include <zstd.h>
#include <zstd_errors.h>

#endif
