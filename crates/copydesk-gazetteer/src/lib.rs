//! Users' own name lists, compiled and matched.
