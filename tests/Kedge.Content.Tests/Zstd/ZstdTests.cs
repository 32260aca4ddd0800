using Kedge.Core.Errors;
using Kedge.Zstd;

namespace Kedge.Content.Tests.Zstd;

/// <summary>The system's library through our own binding.</summary>
public class ZstdTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    public void What_was_compressed_comes_back(int length)
    {
        byte[] content = Text(length, seed: 1);
        byte[] frame = Compress(content, prefix: []);
        byte[] back = new byte[length];

        using ZstdDecompressor decompressor = new();
        Assert.True(decompressor.TryDecompress(frame, prefix: [], back));
        Assert.Equal(content, back);
        Assert.True(ZstdDecompressor.TryContentBytes(frame, out long bytes));
        Assert.Equal(length, bytes);
    }

    [Fact]
    public void A_prefix_that_resembles_the_content_makes_it_small_and_is_needed_to_read_it()
    {
        byte[] prefix = Noise(200_000, seed: 2);
        byte[] content = [.. prefix[1_000..150_000], 1, 2, 3];
        byte[] frame = Compress(content, prefix);
        byte[] back = new byte[content.Length];

        Assert.InRange(frame.Length, 1, 200);
        using ZstdDecompressor decompressor = new();
        Assert.True(decompressor.TryDecompress(frame, prefix, back));
        Assert.Equal(content, back);
        Assert.False(decompressor.TryDecompress(frame, prefix: [], back) && back.AsSpan().SequenceEqual(content));
        Assert.True(decompressor.TryDecompress(frame, prefix, back));
    }

    [Fact]
    public void A_frame_with_more_or_fewer_bytes_than_demanded_is_refused()
    {
        byte[] frame = Compress(new byte[100_000], prefix: []);
        using ZstdDecompressor decompressor = new();

        Assert.False(decompressor.TryDecompress(frame, prefix: [], new byte[99_999]));
        Assert.False(decompressor.TryDecompress(frame, prefix: [], new byte[100_001]));
        Assert.True(decompressor.TryDecompress(frame, prefix: [], new byte[100_000]));
    }

    [Fact]
    public void Damaged_frames_are_refused_or_give_other_bytes_and_nothing_breaks()
    {
        byte[] content = Text(3_000, seed: 3);
        byte[] frame = Compress(content, prefix: []);
        byte[] back = new byte[content.Length];
        using ZstdDecompressor decompressor = new();
        for (int at = 0; at < frame.Length; at++)
        {
            Assert.False(decompressor.TryDecompress(frame.AsSpan(0, at), prefix: [], back));
            byte[] damaged = [.. frame];
            damaged[at] ^= 0x41;
            _ = decompressor.TryDecompress(damaged, prefix: [], back);
            _ = ZstdDecompressor.TryContentBytes(damaged, out _);
        }

        Assert.True(decompressor.TryDecompress(frame, prefix: [], back));
        Assert.Equal(content, back);
    }

    [Fact]
    public void A_frame_that_does_not_fit_is_said_not_to_fit()
    {
        using ZstdCompressor compressor = new(new ZstdSettings(3));
        Assert.False(compressor.TryCompress(Noise(1_000, seed: 4), prefix: [], new byte[500], out int written));
        Assert.Equal(0, written);
        Assert.True(compressor.TryCompress(Noise(300, seed: 4), prefix: [1, 2, 3], new byte[500], out written));
        Assert.InRange(written, 300, 500);
    }

    [Fact]
    public void Far_matches_are_found_in_a_wide_window()
    {
        byte[] block = Noise(1 << 16, seed: 5);
        byte[] content = [.. block, .. Noise(1 << 20, seed: 6), .. block];
        byte[] into = new byte[ZstdCompressor.Bound(content.Length)];
        using ZstdCompressor compressor = new(new ZstdSettings(3, WindowLog: 24, FindsFarMatches: true));
        Assert.True(compressor.TryCompress(content, prefix: [], into, out int written));
        Assert.InRange(written, 1, (1 << 20) + (1 << 16) + 4_096);
    }

    [Fact]
    public void A_machine_without_the_library_is_told_so()
    {
        Assert.True(ZstdLibrary.IsPresent);
        KedgeException absent = Assert.Throws<KedgeException>(() => ZstdLibrary.Demand(isPresent: false));
        Assert.Equal("KEDGE-CONTENT-020", absent.Finding.Code);
    }

    private static byte[] Compress(ReadOnlySpan<byte> content, ReadOnlySpan<byte> prefix)
    {
        byte[] into = new byte[ZstdCompressor.Bound(content.Length)];
        using ZstdCompressor compressor = new(new ZstdSettings(ZstdSettings.LevelMax));
        Assert.True(compressor.TryCompress(content, prefix, into, out int written));
        return into[..written];
    }

    private static byte[] Noise(int length, int seed)
    {
        byte[] noise = new byte[length];
        new Random(seed).NextBytes(noise);
        return noise;
    }

    private static byte[] Text(int length, int seed)
    {
        byte[] text = Noise(length, seed);
        for (int index = 0; index < length; index++)
        {
            text[index] = (byte)('a' + (text[index] % 5));
        }

        return text;
    }
}
