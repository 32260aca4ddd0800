using System.Buffers.Binary;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Follows the bytes of one way of a connection of HTTP/2, cut anywhere, without keeping them. Going out, it knows
/// where frames of somebody else may go between (RFC 9113 §4.1): between two frames, after the first, which is SETTINGS
/// (§3.4), and not within a block of header fields (§4.3). Coming in, it sees the answer to a PING (§6.7).
/// Not safe to use from several threads.
/// </summary>
/// <param name="prefaceBytes">Bytes before the first frame: those of the client's connection preface.</param>
internal sealed class FrameTrace(int prefaceBytes)
{
    /// <summary>Length of <c>PRI * HTTP/2.0</c> and what follows (RFC 9113 §3.4).</summary>
    internal const int ClientPrefaceBytes = 24;

    private const int HeaderBytes = 9;
    private const int TypeAt = 3;
    private const int FlagsAt = 4;
    private const byte Headers = 0x1;
    private const byte PushPromise = 0x5;
    private const byte Ping = 0x6;
    private const byte Continuation = 0x9;
    private const byte Ack = 0x1;
    private const byte EndHeaders = 0x4;

    private readonly byte[] _header = new byte[HeaderBytes];
    private int _headerFilled;
    private int _skipLeft = prefaceBytes;
    private bool _isBegun;
    private bool _isWithinHeaders;

    /// <summary>True where the bytes so far end between two frames and another may follow.</summary>
    internal bool MayInsert => _isBegun && _headerFilled == 0 && _skipLeft == 0 && !_isWithinHeaders;

    /// <summary>True once the answer to a PING has begun to come.</summary>
    internal bool SawPong { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    internal void Follow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_skipLeft > 0)
            {
                int skipped = Math.Min(_skipLeft, bytes.Length);
                _skipLeft -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            int taken = Math.Min(HeaderBytes - _headerFilled, bytes.Length);
            bytes[..taken].CopyTo(_header.AsSpan(_headerFilled));
            _headerFilled += taken;
            bytes = bytes[taken..];
            if (_headerFilled == HeaderBytes)
            {
                BeginFrame();
            }
        }
    }

    private void BeginFrame()
    {
        _headerFilled = 0;
        _isBegun = true;
        _skipLeft = (int)(BinaryPrimitives.ReadUInt32BigEndian(_header) >> 8);
        (byte type, byte flags) = (_header[TypeAt], _header[FlagsAt]);
        SawPong |= type == Ping && (flags & Ack) != 0;
        if (type is Headers or PushPromise or Continuation)
        {
            _isWithinHeaders = (flags & EndHeaders) == 0;
        }
    }
}
