using System.Buffers.Binary;
using System.Text.Unicode;

namespace Kedge.Content.Formats;

/// <summary>Walks a file from its beginning through one small buffer. Every question about bytes that the file does
/// not hold is answered false; nothing is kept of what was passed.</summary>
internal sealed class HeaderCursor(ModelFile file)
{
    /// <summary>The longest piece that can be taken at once.</summary>
    public const int TakeBytesMax = 64 * 1024;

    private readonly byte[] _buffer = new byte[(int)Math.Min(TakeBytesMax, Math.Max(0, file.Bytes))];
    private long _start;
    private int _count;

    /// <summary>Where the next byte lies in the file.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes from here to the file's end.</summary>
    public long Remaining => file.Bytes - Position;

    /// <summary>Takes so many bytes; what is given is valid until the next question.</summary>
    public bool TryTake(int bytes, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (bytes < 0 || bytes > Remaining || bytes > _buffer.Length)
        {
            return false;
        }

        if (Position < _start || Position + bytes > _start + _count)
        {
            int count = (int)Math.Min(_buffer.Length, Remaining);
            if (!file.TryFill(Position, _buffer.AsSpan(0, count)))
            {
                return false;
            }

            (_start, _count) = (Position, count);
        }

        taken = _buffer.AsSpan((int)(Position - _start), bytes);
        Position += bytes;
        return true;
    }

    public bool TrySkip(long bytes)
    {
        bool held = bytes >= 0 && bytes <= Remaining;
        Position += held ? bytes : 0;
        return held;
    }

    public bool TryUInt32(out uint value)
    {
        bool read = TryTake(sizeof(uint), out ReadOnlySpan<byte> bytes);
        value = read ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
        return read;
    }

    public bool TryUInt64(out ulong value)
    {
        bool read = TryTake(sizeof(ulong), out ReadOnlySpan<byte> bytes);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return read;
    }

    /// <summary>Passes over text of any length; false where it is no valid UTF-8 or the file ends before it.</summary>
    public bool TryUtf8(long bytes)
    {
        if (bytes < 0 || bytes > Remaining)
        {
            return false;
        }

        while (bytes > 0)
        {
            int count = (int)Math.Min(bytes, _buffer.Length);
            if (!TryTake(count, out ReadOnlySpan<byte> part))
            {
                return false;
            }

            int half = count < bytes ? HalfBytes(part) : 0;
            if (!Utf8.IsValid(part[..^half]))
            {
                return false;
            }

            Position -= half;
            bytes -= count - half;
        }

        return true;
    }

    /// <summary>Bytes at the end that begin a character which goes on behind them.</summary>
    private static int HalfBytes(ReadOnlySpan<byte> part)
    {
        for (int back = 1; back <= 3 && back < part.Length; back++)
        {
            byte value = part[^back];
            if ((value & 0xC0) != 0x80)
            {
                int needed = value switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
                return needed > back ? back : 0;
            }
        }

        return 0;
    }
}
