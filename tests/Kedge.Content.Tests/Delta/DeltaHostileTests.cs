using System.Buffers.Binary;
using System.Text;
using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;

namespace Kedge.Content.Tests.Delta;

/// <summary>Deltas from anybody: refused or decoded to something, never an exception, never much memory.</summary>
public class DeltaHostileTests
{
    private const long AllocatedBytesMax = 6L * 1024 * 1024;

    private static readonly DeltaFile Base = Sample(seed: 1, change: 0);
    private static readonly DeltaFile Target = Sample(seed: 1, change: 1e-3);
    private static readonly byte[] Container = DeltaSamples.Encode(Target, Base);

    [Fact]
    public void Damaged_deltas_are_refused_or_give_other_bytes() => Damage.Each(Container, 800, static bytes =>
    {
        if (DeltaHeader.TryRead(bytes, out DeltaHeader? header, out _) && header!.TargetBytes > 1 << 20)
        {
            return; // honest lengths that are larger: a caller compares them with the manifest first
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[]? made = DeltaSamples.Decode(bytes, Base, out Finding? finding);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBytesMax);
        Assert.Equal(made is null, finding is not null);
    });

    [Fact]
    public void Damaged_segments_are_refused_or_give_other_bytes()
    {
        byte[] segment = Container[(DeltaLimits.HeaderBytes + DeltaLimits.IndexEntryBytes)..];
        byte[] into = new byte[Target.Bytes];
        using DeltaDecoder decoder = new(Base.File, ModelFile.Of("partial", into).Read);
        Damage.Each(segment, 1_000, bytes =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool decoded = decoder.TryDecode(bytes, 0, into, out Finding? finding);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBytesMax);
            Assert.Equal(decoded, finding is null);
        });
    }

    [Fact]
    public void Random_bytes_behind_every_first_byte_are_refused_or_give_something()
    {
        Random random = new(2);
        byte[] into = new byte[700];
        using DeltaDecoder decoder = new(Base.File, ModelFile.Of("partial", new byte[5_000]).Read);
        for (int count = 0; count < 10_000; count++)
        {
            byte[] bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);
            bytes[0] = (byte)random.Next(3);
            Array.ForEach([1, 2, 3, 4], at => bytes[Math.Min(at, bytes.Length - 1)] &= (byte)random.Next(64));
            bool decoded = decoder.TryDecode(bytes, random.Next(5_000), into, out Finding? finding);
            Assert.Equal(decoded, finding is null);
        }
    }

    [Fact]
    public void A_delta_that_is_cut_off_anywhere_is_refused()
    {
        for (int length = 0; length < Container.Length; length += length < 300 ? 1 : 97)
        {
            Assert.Null(DeltaSamples.Decode(Container.AsSpan(0, length), Base, out Finding? finding));
            Assert.NotNull(finding);
        }
    }

    [Fact]
    public void A_head_that_claims_too_much_is_refused()
    {
        AssertMalformed(bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), long.MaxValue));
        AssertMalformed(bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), -1));
        AssertMalformed(bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), long.MaxValue));
        AssertMalformed(bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), uint.MaxValue));
        AssertMalformed(bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), 0));
        AssertMalformed(bytes => bytes[10] = 2);
        AssertMalformed(bytes => bytes[0] = 0);
    }

    [Fact]
    public void A_delta_of_a_later_version_is_told()
    {
        byte[] later = [.. Container];
        later[8]++;
        Assert.False(DeltaHeader.TryRead(later, out _, out Finding? finding));
        Assert.Equal("KEDGE-CONTENT-022", finding?.Code);
    }

    [Fact]
    public void An_index_whose_segments_make_nothing_or_too_much_is_refused()
    {
        AssertIndexRefused(targetBytes: 0, encodedBytes: 10);
        AssertIndexRefused(targetBytes: (uint)Target.Bytes, encodedBytes: 0);
        AssertIndexRefused(targetBytes: (uint)Target.Bytes, encodedBytes: uint.MaxValue);
        AssertIndexRefused(targetBytes: (uint)Target.Bytes - 1, encodedBytes: 10);
        AssertIndexRefused(targetBytes: uint.MaxValue, encodedBytes: 10);
    }

    [Theory]
    [InlineData(new byte[] { 1, 1, (100 << 3 & 0x7F) | 2 | 0x80, 6, 0xFF, 0x7F, 0, 0, 0 })] // a copy before the base
    [InlineData(new byte[] { 1, 1, (100 << 3 & 0x7F) | 3 | 0x80, 6, 50, 0, 0, 0 })] // a copy of what is being made
    [InlineData(new byte[] { 1, 1, (100 << 3 & 0x7F) | 4 | 0x80, 6, 1, 32, 0, 0, 0, 0 })] // too many low bits
    [InlineData(new byte[] { 1, 1, (100 << 3 & 0x7F) | 5 | 0x80, 6, 11, 0, 0, 0, 0 })] // no such element
    [InlineData(new byte[] { 1, 1, (99 << 3 & 0x7F) | 5 | 0x80, 6, 1, 0, 0, 0, 0 })] // too short
    [InlineData(new byte[] { 1, 1, (100 << 3 & 0x7F) | 1 | 0x80, 6, 0, 0, 0 })] // literals that are not there
    [InlineData(new byte[] { 1, 0, 0, 0, 0 })] // nothing
    [InlineData(new byte[] { 0, 1, 2 })] // raw, too short
    [InlineData(new byte[] { 9 })]
    [InlineData(new byte[] { })]
    public void A_segment_whose_parts_do_not_fit_is_refused(byte[] segment)
    {
        using DeltaDecoder decoder = new(Base.File, ModelFile.Of("partial", new byte[200]).Read);
        Assert.False(decoder.TryDecode(segment, 100, new byte[100], out Finding? finding));
        Assert.Equal("KEDGE-CONTENT-023", finding?.Code);
    }

    private static void AssertMalformed(Action<byte[]> damage)
    {
        byte[] bytes = [.. Container];
        damage(bytes);
        Assert.False(DeltaHeader.TryRead(bytes, out DeltaHeader? header, out Finding? finding));
        Assert.Null(header);
        Assert.Equal("KEDGE-CONTENT-021", finding?.Code);
    }

    private static void AssertIndexRefused(uint targetBytes, uint encodedBytes)
    {
        byte[] bytes = [.. Container];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(DeltaLimits.HeaderBytes), targetBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(DeltaLimits.HeaderBytes + 4), encodedBytes);
        Assert.Null(DeltaSamples.Decode(bytes, Base, out Finding? finding));
        Assert.Equal("KEDGE-CONTENT-021", finding?.Code);
    }

    private static DeltaFile Sample(int seed, double change)
    {
        Random random = new(seed);
        List<byte> file = [];
        List<TensorSpan> spans = [];
        foreach (ElementKind element in Enum.GetValues<ElementKind>())
        {
            byte[] elements = DeltaSamples.Elements(element, 100, random);
            elements = change > 0 ? DeltaSamples.Trained(element, elements, change, new Random(9)) : elements;
            file.AddRange(Encoding.UTF8.GetBytes($"tensor {element} follows {(change > 0 ? "here" : "now")}"));
            spans.Add(new TensorSpan($"{element}", element, file.Count, elements.Length));
            file.AddRange(elements);
        }

        return DeltaSamples.Of([.. file], [.. spans]);
    }
}
