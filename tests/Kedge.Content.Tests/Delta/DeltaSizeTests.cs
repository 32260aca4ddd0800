using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Content.Tests.Support;
using Kedge.Zstd;

namespace Kedge.Content.Tests.Delta;

/// <summary>How small deltas are, of tensors whose size can be told from what is in them.</summary>
public class DeltaSizeTests
{
    private const int Count = 60_000;

    [Theory]
    [InlineData(1e-5, 0.33)]
    [InlineData(1e-4, 0.43)]
    [InlineData(1e-3, 0.53)]
    [InlineData(1e-2, 0.64)]
    public void A_light_fine_tune_costs_little_more_than_its_noise(double change, double most)
    {
        byte[] old = Normal(1);
        Assert.InRange(Share(DeltaSamples.Trained(ElementKind.Float32, old, change, new Random(2)), old), 0, most);
    }

    [Theory]
    [InlineData(1e-5)]
    [InlineData(1e-4)]
    public void A_light_fine_tune_costs_at_most_half_of_what_zstd_needs_for_the_patch(double change)
    {
        byte[] old = Normal(3);
        byte[] now = DeltaSamples.Trained(ElementKind.Float32, old, change, new Random(4));
        using ZstdCompressor peer = new(new ZstdSettings(19, WindowLog: 22, FindsFarMatches: true));
        Assert.True(peer.TryCompress(now, old, new byte[ZstdCompressor.Bound(now.Length)], out int peerBytes));
        int bytes = DeltaSamples.Encode(File(now), File(old)).Length;
        Assert.True(bytes * 2 <= peerBytes, $"{bytes} bytes, and zstd {peerBytes}");
    }

    [Fact]
    public void A_full_retrain_costs_no_more_than_a_first_install()
    {
        byte[] now = Normal(5);
        double alone = Share(now, old: null);
        Assert.InRange(alone, 0.5, 0.845);
        Assert.InRange(Share(now, Normal(6)), 0.5, alone + 0.001);
    }

    [Fact]
    public void What_did_not_change_costs_nothing()
    {
        byte[] old = Normal(7);
        byte[] now = [.. old];
        Normal(8).AsSpan(0, 4_000).CopyTo(now.AsSpan(now.Length - 4_000));
        Assert.InRange(DeltaSamples.Encode(File(now), File(old)).Length, 1, 4_000);
        Assert.InRange(DeltaSamples.Encode(File(old), File(old)).Length, 1, 128);
    }

    [Fact]
    public void A_tensor_that_was_renamed_and_moved_costs_nothing()
    {
        byte[] first = Normal(9);
        byte[] second = Normal(10);
        DeltaFile old = DeltaSamples.Of(
            [.. first, .. second],
            new TensorSpan("a", ElementKind.Float32, 0, first.Length),
            new TensorSpan("b", ElementKind.Float32, first.Length, second.Length));
        DeltaFile now = DeltaSamples.Of(
            [1, 2, 3, .. second, .. first],
            new TensorSpan("c", ElementKind.Float32, 3, second.Length),
            new TensorSpan("d", ElementKind.Float32, 3 + second.Length, first.Length));
        Assert.InRange(DeltaSamples.Encode(now, old).Length, 1, (first.Length + second.Length) / 8);
    }

    [Fact]
    public void Weights_that_stand_twice_in_a_file_are_sent_once()
    {
        byte[] weights = DeltaSamples.Elements(ElementKind.Float32, 290_000, new Random(11));
        DeltaFile tied = DeltaSamples.Of(
            [.. weights, .. weights],
            new TensorSpan("in", ElementKind.Float32, 0, weights.Length),
            new TensorSpan("out", ElementKind.Float32, weights.Length, weights.Length));
        double once = DeltaSamples.Encode(DeltaSamples.Tensor(ElementKind.Float32, weights), baseFile: null).Length;
        byte[] container = DeltaSamples.Encode(tied, baseFile: null);
        Assert.InRange(container.Length, once, once * 1.2);
        Assert.Equal(DeltaSamples.Bytes(tied), DeltaSamples.Decode(container, baseFile: null, out _));
    }

    [Fact]
    public void Low_bits_that_are_zero_cost_nothing()
    {
        byte[] old = Halved(Normal(12));
        byte[] now = Halved(DeltaSamples.Trained(ElementKind.Float32, old, 1e-2, new Random(13)));
        Assert.InRange(Share(now, old: null), 0.1, 0.36);
        Assert.InRange(Share(now, old), 0.05, 0.15);
    }

    [Fact]
    public void New_scales_of_quantised_weights_cost_little()
    {
        Random random = new(14);
        byte[] old = new byte[128 * 1_024];
        byte[] now = new byte[old.Length];
        for (int row = 0; row < 128; row++)
        {
            double ratio = 0.92 + (0.16 * random.NextDouble());
            for (int at = row * 1_024; at < (row + 1) * 1_024; at++)
            {
                double weight = Math.Clamp(DeltaSamples.Gauss(random) * 35, -118, 118);
                old[at] = (byte)(sbyte)Math.Round(weight);
                now[at] = (byte)(sbyte)Math.Round(weight * ratio);
            }
        }

        DeltaFile target = DeltaSamples.Tensor(ElementKind.Int8, now);
        double alone = DeltaSamples.Encode(target, baseFile: null).Length;
        double against = DeltaSamples.Encode(target, DeltaSamples.Tensor(ElementKind.Int8, old)).Length;
        Assert.InRange(against / alone, 0, 0.3);
    }

    [Fact]
    public void A_text_of_several_segments_is_compressed_across_their_borders()
    {
        Random random = new(15);
        string[] words = [.. Enumerable.Range(0, 3_000).Select(_ => random.Next().ToString("x"))];
        byte[] text = [.. Enumerable.Range(0, 130_000).SelectMany(_ => $"{words[random.Next(words.Length)]} ")
            .Select(static letter => (byte)letter)];
        using ZstdCompressor peer = new(new ZstdSettings(19));
        Assert.True(peer.TryCompress(text, prefix: [], new byte[text.Length], out int peerBytes));
        byte[] container = DeltaSamples.Encode(DeltaSamples.Of(text), baseFile: null);
        Assert.True(text.Length > DeltaLimits.SegmentBytesMax);
        Assert.InRange(container.Length, 1, peerBytes * 1.02);
        Assert.True(text.AsSpan().SequenceEqual(DeltaSamples.Decode(container, baseFile: null, out _)));
    }

    private static double Share(byte[] now, byte[]? old) =>
        DeltaSamples.Encode(File(now), old is null ? null : File(old)).Length / (double)now.Length;

    private static DeltaFile File(byte[] elements) => DeltaSamples.Tensor(ElementKind.Float32, elements);

    private static byte[] Normal(int seed)
    {
        Random random = new(seed);
        byte[] elements = new byte[Count * 4];
        for (int at = 0; at < elements.Length; at += 4)
        {
            BitConverter.TryWriteBytes(elements.AsSpan(at), (float)(0.05 * DeltaSamples.Gauss(random)));
        }

        return elements;
    }

    private static byte[] Halved(byte[] elements)
    {
        for (int at = 0; at < elements.Length; at += 4)
        {
            elements.AsSpan(at, 2).Clear();
        }

        return elements;
    }
}
