using System.Runtime.InteropServices;
using Kedge.Core;

namespace Kedge.Native;

/// <summary>One line that came over a <see cref="LineChannel"/>, without its end mark.</summary>
/// <param name="Bytes">UTF-8 text.</param>
/// <param name="Attached">The descriptor that rode with it; the receiver owns it. Null when there was none.</param>
public sealed record ReceivedLine(byte[] Bytes, FileDescriptor? Attached);

/// <summary>
/// Lines of text over a connected Unix stream socket, each with at most one file descriptor (SCM_RIGHTS, unix(7)).
/// Both ends take turns: a line is sent only after the answer to the one before was read. Every wait has a deadline,
/// every line a limit. It blocks the calling thread and is used by one thread at a time.
/// </summary>
public sealed unsafe class LineChannel : IDisposable
{
    /// <summary>Longest line, in bytes, with its end mark.</summary>
    public const int LineBytesMax = 64 * 1024;

    private const int FirstBytes = 1024;

    private readonly FileDescriptor _socket;

    // Grows with the lines that come: nearly all are short, and whoever asks every second makes a new one each time.
    private byte[] _buffer = new byte[FirstBytes];
    private int _filled;
    private FileDescriptor? _attached;

    /// <summary>Takes ownership of a connected socket.</summary>
    public LineChannel(FileDescriptor connection) => _socket = connection;

    /// <summary>The socket, to wait for: readable when a line or the end has come.</summary>
    public FileDescriptor Socket => _socket;

    /// <summary>Connects to a listening Unix path. Throws <see cref="NativeException"/>.</summary>
    public static LineChannel Connect(string path) => new(ListeningSocket.ConnectUnix(path));

    /// <summary>Sends a line and waits for the one that answers it.</summary>
    /// <param name="line">UTF-8 text without a line feed.</param>
    /// <param name="attach">A descriptor to send along; the caller keeps its own.</param>
    /// <param name="timeout">For sending and answering together.</param>
    /// <exception cref="IOException">The other end is gone, too slow, or says something that is no line.</exception>
    public ReceivedLine Exchange(ReadOnlySpan<byte> line, FileDescriptor? attach, TimeSpan timeout)
    {
        Send(line, attach);
        return Receive(timeout) ?? throw new IOException("The other end closed the channel without an answer.");
    }

    /// <summary>Sends one line, with a descriptor if there is one. Throws <see cref="NativeException"/>.</summary>
    public void Send(ReadOnlySpan<byte> line, FileDescriptor? attach)
    {
        Check.That(line.Length < LineBytesMax);
        Check.That(!line.Contains((byte)'\n'));
        Span<byte> bytes = stackalloc byte[line.Length + 1];
        line.CopyTo(bytes);
        bytes[^1] = (byte)'\n';
        int sent = SendOnce(bytes, attach);
        while (sent < bytes.Length)
        {
            sent += SendOnce(bytes[sent..], null);
        }
    }

    /// <summary>Waits for one line; null when the other end has closed between two lines.</summary>
    /// <exception cref="TimeoutException">No whole line came in time.</exception>
    /// <exception cref="IOException">The line is too long, or the other end closed in the middle of one.</exception>
    public ReceivedLine? Receive(TimeSpan timeout)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            int end = _buffer.AsSpan(0, _filled).IndexOf((byte)'\n');
            if (end >= 0)
            {
                return TakeLine(end);
            }

            if (_filled == LineBytesMax)
            {
                throw new IOException("The line is longer than 65536 bytes.");
            }

            if (_filled == _buffer.Length)
            {
                Array.Resize(ref _buffer, Math.Min(2 * _filled, LineBytesMax));
            }

            TimeSpan left = timeout - TimeProvider.System.GetElapsedTime(started);
            if (left <= TimeSpan.Zero || !Polling.WaitReadable(_socket, left))
            {
                throw new TimeoutException("No line came within the deadline.");
            }

            if (!ReceiveOnce())
            {
                return _filled == 0 ? null : throw new IOException("The channel ended in the middle of a line.");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _attached?.Dispose();
        _socket.Dispose();
    }

    private ReceivedLine TakeLine(int end)
    {
        byte[] line = _buffer.AsSpan(0, end).ToArray();
        _buffer.AsSpan(end + 1, _filled - end - 1).CopyTo(_buffer);
        _filled -= end + 1;
        ReceivedLine received = new(line, _attached);
        _attached = null;
        return received;
    }

    private int SendOnce(ReadOnlySpan<byte> bytes, FileDescriptor? attach)
    {
        RightsMessage rights = default;
        fixed (byte* start = bytes)
        {
            IoVector vector = new() { Start = start, Bytes = (nuint)bytes.Length };
            MessageHeader message = new() { Vectors = &vector, VectorCount = 1 };
            if (attach is not null)
            {
                rights.Bytes = RightsMessage.HeaderBytes + sizeof(int);
                rights.Level = Libc.SocketLevel;
                rights.Kind = Libc.Rights;
                rights.Descriptors[0] = attach.Number;
                message.Ancillary = (byte*)&rights;
                message.AncillaryBytes = RightsMessage.HeaderBytes + 8;
            }

            while (true)
            {
                nint sent = Libc.SendMessage(_socket.Number, &message, Libc.MessageNoSignal);
                if (sent >= 0)
                {
                    GC.KeepAlive(attach);
                    return (int)sent;
                }

                if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
                {
                    throw NativeException.Last("send over the control socket");
                }
            }
        }
    }

    private bool ReceiveOnce()
    {
        RightsMessage rights = default;
        fixed (byte* start = _buffer)
        {
            IoVector vector = new() { Start = start + _filled, Bytes = (nuint)(_buffer.Length - _filled) };
            MessageHeader message = new()
            {
                Vectors = &vector,
                VectorCount = 1,
                Ancillary = (byte*)&rights,
                AncillaryBytes = (nuint)sizeof(RightsMessage),
            };
            nint received = Libc.ReceiveMessage(_socket.Number, &message, Libc.MessageCloseOnExec);
            if (received < 0)
            {
                return Marshal.GetLastPInvokeError() is Libc.Interrupted or Libc.Again
                    ? true
                    : throw NativeException.Last("receive over the control socket");
            }

            KeepDescriptors(message, &rights);
            _filled += (int)received;
            return received > 0;
        }
    }

    private void KeepDescriptors(in MessageHeader message, RightsMessage* rights)
    {
        if (message.AncillaryBytes < RightsMessage.HeaderBytes
            || rights->Level != Libc.SocketLevel || rights->Kind != Libc.Rights)
        {
            return;
        }

        int count = ((int)rights->Bytes - RightsMessage.HeaderBytes) / sizeof(int);
        for (int i = 0; i < Math.Min(count, RightsMessage.DescriptorsMax); i++)
        {
            // The last one wins: whoever sends more than one per line must not be able to leak ours.
            _attached?.Dispose();
            _attached = FileDescriptor.Adopt(rights->Descriptors[i]);
        }
    }
}
