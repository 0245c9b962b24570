#ifndef QID_CZLIB_SHIM_H
#define QID_CZLIB_SHIM_H

#include <zlib.h>

/// `inflateInit2` is a macro, which Swift does not import; 15 + 16 asks for the gzip wrapper and nothing else.
static inline int qid_inflate_init_gzip(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}

#endif
