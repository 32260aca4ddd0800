using System.Buffers.Binary;
using Kedge.Core;

namespace Kedge.Inference.Golden;

/// <summary>
/// Images to record samples with: colours that run into each other, with a patch of another, so that resizing and
/// cropping show in the answer. PNG (RFC 2083) with stored blocks (RFC 1951 3.2.4), so that the same seed gives the
/// same bytes whatever compresses here.
/// </summary>
public static class SampleImage
{
    private const int Width = 80;
    private const int Height = 64;
    private const int Channels = 3;
    private const int RowBytes = 1 + (Width * Channels);
    private const uint Polynomial = 0xEDB88320;
    private const uint AdlerModulus = 65521;
    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>One image of 80 by 64 pixels, RGB.</summary>
    public static byte[] Png(Rng rng)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        header[8] = 8; // bits of a channel
        header[9] = 2; // RGB
        return
        [
            .. Signature, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, Stored(Rows(rng))), .. Chunk("IEND"u8, []),
        ];
    }

    private static byte[] Rows(Rng rng)
    {
        byte[] rows = new byte[RowBytes * Height];
        Span<int> ends = stackalloc int[Channels * 4];
        foreach (ref int end in ends)
        {
            end = rng.Below(256);
        }

        int left = rng.Below(Width / 2);
        int top = rng.Below(Height / 2);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                bool isPatch = x >= left && x < left + (Width / 3) && y >= top && y < top + (Height / 3);
                for (int c = 0; c < Channels; c++)
                {
                    int across = ((ends[c] * (Width - x)) + (ends[Channels + c] * x)) / Width;
                    int down = ((ends[(2 * Channels) + c] * (Height - y)) + (ends[(3 * Channels) + c] * y)) / Height;
                    rows[(y * RowBytes) + 1 + (x * Channels) + c] =
                        (byte)(isPatch ? 255 - across : (across + down) / 2);
                }
            }
        }

        return rows;
    }

    /// <summary>A zlib stream (RFC 1950) of one stored block: the rows are far below 65,536 bytes.</summary>
    private static byte[] Stored(byte[] plain)
    {
        Check.That(plain.Length <= ushort.MaxValue);
        byte[] sized = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(sized, (ushort)plain.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(sized.AsSpan(2), (ushort)~plain.Length);
        (uint a, uint b) = (1, 0);
        foreach (byte one in plain)
        {
            a = (a + one) % AdlerModulus;
            b = (b + a) % AdlerModulus;
        }

        byte[] sum = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(sum, (b << 16) | a);
        return [0x78, 0x01, 0x01, .. sized, .. plain, .. sum];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> kind, byte[] content)
    {
        byte[] chunk = new byte[12 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        kind.CopyTo(chunk.AsSpan(4));
        content.CopyTo(chunk, 8);
        uint crc = uint.MaxValue;
        foreach (byte one in chunk.AsSpan(4, 4 + content.Length))
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), ~crc);
        return chunk;
    }
}
