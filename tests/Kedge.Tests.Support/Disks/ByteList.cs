namespace Kedge.Tests.Support.Disks;

/// <summary>Bytes that grow at their end.</summary>
internal sealed class ByteList
{
    private byte[] _bytes = [];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Slice(int offset, int count) => _bytes.AsSpan(0, Count).Slice(offset, count);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (Count + bytes.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(Count + bytes.Length, _bytes.Length * 2));
        }

        bytes.CopyTo(_bytes.AsSpan(Count));
        Count += bytes.Length;
    }

    public void Clear() => Count = 0;

    public void Truncate(int count) => Count = Math.Min(Count, count);

    public void Flip(int offset) => _bytes[offset] ^= 0x10;

    public int CommonPrefix(ReadOnlySpan<byte> other) => _bytes.AsSpan(0, Count).CommonPrefixLength(other);

    public byte[] ToArray() => _bytes.AsSpan(0, Count).ToArray();
}
