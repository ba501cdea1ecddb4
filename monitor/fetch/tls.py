"""What went wrong with a secure connection, by name, and what to do about it. Pure."""

from __future__ import annotations

import ssl

from monitor.errors import FetchError, Reason

# X509_V_ERR_… of OpenSSL's x509_vfy.h; all that is not here means that no known authority vouches for it.
_NOT_YET_VALID, _EXPIRED = 9, 10
_WRONG_HOST = frozenset({62, 64})  # a name, an address
_VERIFIED = frozenset({0, 1})
# OpenSSL's reasons, as ssl.SSLError has them.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL"})
_HUNG_UP = frozenset({"UNEXPECTED_EOF_WHILE_READING"})
_TOO_OLD = frozenset({"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "UNSAFE_LEGACY_RENEGOTIATION_DISABLED"})


def failure(host: str, error: BaseException) -> FetchError:
    """Return the named error of a handshake with `host` that ended in `error`, or in what that came of."""
    found = _ssl_error(error)
    if isinstance(found, ssl.SSLCertVerificationError):
        return FetchError(*_certificate(host, found))
    reason = (found.reason or "") if found is not None else ""
    if reason in _NO_TLS:
        return FetchError(Reason.TLS, f"{host}: what answers speaks no TLS; its address may begin with http://")
    if reason in _TOO_OLD:
        return FetchError(Reason.TLS, f"{host}: it speaks no TLS from 1.2 on ({reason}); only the site can mend that")
    if reason in _HUNG_UP:
        return FetchError(Reason.TLS, f"{host}: it hung up in the handshake; it may want a TLS older than 1.2")
    said = reason.replace("_", " ").lower() or str(error)[:200] or type(error).__name__
    return FetchError(Reason.TLS, f"{host}: no secure connection: {said}")


def _certificate(host: str, error: ssl.SSLCertVerificationError) -> tuple[Reason, str]:
    code = error.verify_code
    if code == _EXPIRED:
        return Reason.TLS_EXPIRED, f"{host}: its certificate has expired; the site has to renew it"
    if code == _NOT_YET_VALID:
        return Reason.TLS_EXPIRED, f"{host}: its certificate is not valid yet; is this machine's clock right?"
    if code in _WRONG_HOST:
        return Reason.TLS_WRONG_HOST, f"{host}: its certificate is for another name; is the address right?"
    if code in _VERIFIED:
        return Reason.TLS, f"{host}: {error.verify_message or error}"
    why = f"no known authority vouches for its certificate ({error.verify_message[:100]})"
    return Reason.TLS_UNTRUSTED, f"{host}: {why}; it is self-signed, or the site leaves out one of the chain"


def _ssl_error(error: BaseException | None) -> ssl.SSLError | None:
    """Return the first ssl.SSLError among an exception and its causes."""
    for _ in range(10):
        if error is None or isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__ or error.__context__
    return None
