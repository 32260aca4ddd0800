using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Content.Tests.Support;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Tests.Delta;

/// <summary>Whatever goes in comes out, bit for bit.</summary>
public class DeltaRoundTripTests
{
    public static TheoryData<ElementKind> Kinds => [.. Enum.GetValues<ElementKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Elements_of_every_kind_come_back_bit_for_bit(ElementKind element)
    {
        for (int seed = 1; seed <= 2; seed++)
        {
            Random random = new(seed);
            byte[] old = DeltaSamples.Elements(element, random.Next(1, 4_000), random);
            DeltaFile baseFile = DeltaSamples.Tensor(element, old);
            foreach (byte[] elements in Descendants(element, old, random))
            {
                DeltaFile target = DeltaSamples.Tensor(element, elements);
                AssertComesBack(target, baseFile, seed);
                AssertComesBack(target, baseFile: null, seed);
            }
        }
    }

    [Fact]
    public void Files_without_known_tensors_come_back()
    {
        for (int seed = 1; seed <= 4; seed++)
        {
            Random random = new(seed);
            byte[] old = DeltaSamples.Elements(ElementKind.Unknown, random.Next(0, 120_000), random);
            int cut = random.Next(old.Length + 1);
            byte[] inserted = new byte[random.Next(100)];
            random.NextBytes(inserted);
            DeltaFile target = DeltaSamples.Of([.. old[..cut], .. inserted, .. old[cut..], .. old[(cut / 2)..cut]]);
            AssertComesBack(target, DeltaSamples.Of(old), seed);
            AssertComesBack(DeltaSamples.Of(old), target, seed);
            AssertComesBack(target, baseFile: null, seed);
        }
    }

    [Fact]
    public void An_empty_file_is_a_head_without_segments()
    {
        DeltaFile empty = DeltaSamples.Of([]);
        byte[] container = DeltaSamples.Encode(empty, DeltaSamples.Of([1, 2, 3]));
        Assert.Equal(DeltaLimits.HeaderBytes, container.Length);
        Assert.Empty(DeltaSamples.Decode(container, DeltaSamples.Of([1, 2, 3]), out _) ?? [0]);
        AssertComesBack(DeltaSamples.Of([7]), empty, seed: 0);
    }

    [Fact]
    public void Every_segment_is_decoded_alone_and_in_any_order()
    {
        Random random = new(3);
        byte[] old = DeltaSamples.Elements(ElementKind.Float32, 900_000, random);
        byte[] now = DeltaSamples.Trained(ElementKind.Float32, old, 1e-3, random);
        old.AsSpan(1_500_000, 700_000).CopyTo(now.AsSpan(1_500_000));
        DeltaFile baseFile = DeltaSamples.Tensor(ElementKind.Float32, old);
        DeltaFile target = DeltaSamples.Tensor(ElementKind.Float32, now);
        byte[] whole = DeltaSamples.Bytes(target);
        byte[] container = DeltaSamples.Encode(target, baseFile);
        DeltaIndex index = Index(container);

        Assert.Equal(4, index.Count);
        for (int number = index.Count - 1; number >= 0; number--)
        {
            DeltaSegment segment = index[number];
            byte[] made = new byte[segment.TargetBytes];
            using DeltaDecoder fresh = new(baseFile.File, target.File.Read);
            ReadOnlySpan<byte> encoded = container.AsSpan((int)segment.EncodedOffset, segment.EncodedBytes);
            Assert.True(fresh.TryDecode(encoded, segment.TargetOffset, made, out Finding? finding), $"{finding}");
            Assert.True(made.AsSpan().SequenceEqual(whole.AsSpan((int)segment.TargetOffset, made.Length)));
            Assert.Equal(number, index.SegmentAt(segment.TargetOffset));
            Assert.Equal(number, index.SegmentAt(segment.TargetOffset + segment.TargetBytes - 1));
        }

        Assert.Equal(index.Count, index.SegmentAt(whole.Length));
        Assert.Equal(container.Length, index.ContainerBytes);
    }

    [Fact]
    public void The_same_files_give_the_same_bytes()
    {
        Random random = new(4);
        byte[] old = DeltaSamples.Elements(ElementKind.Float16, 50_000, random);
        DeltaFile baseFile = DeltaSamples.Tensor(ElementKind.Float16, old);
        DeltaFile target = DeltaSamples.Tensor(
            ElementKind.Float16, DeltaSamples.Trained(ElementKind.Float16, old, 1e-2, random));
        Assert.Equal(DeltaSamples.Encode(target, baseFile), DeltaSamples.Encode(target, baseFile));
    }

    [Fact]
    public void Offsets_beyond_4_gib_are_kept()
    {
        const long fileBytes = (4L << 30) + (5L << 20) + 12_345;
        ModelFile zeros = new("zeros.bin", fileBytes, (offset, into) =>
        {
            int count = (int)Math.Min(into.Length, fileBytes - offset);
            into[..count].Clear();
            return count;
        });
        Assert.True(TensorMap.TryCreate(
            [new TensorSpan("w", ElementKind.Float32, 100, fileBytes - 101)], fileBytes, out TensorMap map));
        DeltaFile file = new(Digest.Of([1]), zeros, map, []);
        using MemoryStream container = new();
        DeltaEncoder.Encode(file, file, (offset, bytes) =>
        {
            container.Position = offset;
            container.Write(bytes);
        });

        byte[] bytes = container.ToArray();
        DeltaIndex index = Index(bytes);
        DeltaSegment last = index[index.Count - 1];
        Assert.InRange(bytes.Length, 1, 128 * 1024);
        Assert.Equal(fileBytes, last.TargetOffset + last.TargetBytes);
        byte[] made = new byte[last.TargetBytes];
        made.AsSpan().Fill(1);
        using DeltaDecoder decoder = new(zeros, zeros.Read);
        Assert.True(decoder.TryDecode(
            bytes.AsSpan((int)last.EncodedOffset, last.EncodedBytes), last.TargetOffset, made, out _));
        Assert.Equal(-1, made.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_base_that_ends_early_is_told()
    {
        Random random = new(6);
        byte[] old = DeltaSamples.Elements(ElementKind.Float32, 5_000, random);
        DeltaFile baseFile = DeltaSamples.Tensor(ElementKind.Float32, old);
        DeltaFile target = DeltaSamples.Tensor(
            ElementKind.Float32, DeltaSamples.Trained(ElementKind.Float32, old, 1e-3, random));
        ModelFile cut = baseFile.File with { Read = ModelFile.Of("cut", new byte[9_000]).Read };

        byte[] container = DeltaSamples.Encode(target, baseFile);
        Assert.Null(DeltaSamples.Decode(container, baseFile with { File = cut }, out Finding? finding));
        Assert.Equal("KEDGE-CONTENT-024", finding?.Code);
        KedgeException thrown = Assert.Throws<KedgeException>(
            () => DeltaSamples.Encode(target, baseFile with { File = cut }));
        Assert.Equal("KEDGE-CONTENT-024", thrown.Finding.Code);
        thrown = Assert.Throws<KedgeException>(
            () => DeltaSamples.Encode(target with { File = cut }, baseFile));
        Assert.Equal("KEDGE-CONTENT-024", thrown.Finding.Code);
    }

    private static IEnumerable<byte[]> Descendants(ElementKind element, byte[] old, Random random)
    {
        int width = ElementKinds.Bytes(element);
        int count = old.Length / width;
        yield return old;
        yield return DeltaSamples.Trained(element, old, 1e-4, random);
        yield return DeltaSamples.Trained(element, old, 1e-1, random);
        yield return DeltaSamples.Elements(element, count, random);
        yield return DeltaSamples.Elements(element, count + random.Next(1, 500), random);
        yield return [.. old[..((count / 2) * width)], .. DeltaSamples.Elements(element, 3, random)];
        yield return [.. old, 1, 2, 3];
        byte[] noise = new byte[old.Length];
        random.NextBytes(noise);
        yield return noise;
        yield return new byte[old.Length];
    }

    private static void AssertComesBack(DeltaFile target, DeltaFile? baseFile, int seed)
    {
        byte[] container = DeltaSamples.Encode(target, baseFile);
        byte[]? made = DeltaSamples.Decode(container, baseFile, out Finding? finding);
        Assert.True(made is not null, $"seed {seed}: {finding}");
        Assert.True(made.AsSpan().SequenceEqual(DeltaSamples.Bytes(target)), $"seed {seed}: other bytes");
        int most = (int)target.Bytes + DeltaLimits.HeaderBytes + (9 * (1 + ((int)target.Bytes >> 19)));
        Assert.InRange(container.Length, DeltaLimits.HeaderBytes, most);
    }

    private static DeltaIndex Index(byte[] container)
    {
        Assert.True(DeltaHeader.TryRead(container, out DeltaHeader? header, out _));
        Assert.True(DeltaIndex.TryRead(
            header!, container.AsSpan(DeltaLimits.HeaderBytes), out DeltaIndex? index, out _));
        return index!;
    }
}
