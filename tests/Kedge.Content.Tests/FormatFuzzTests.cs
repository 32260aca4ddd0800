using Kedge.Content.Formats;
using Kedge.Content.Formats.Gguf;
using Kedge.Content.Formats.Safetensors;
using Kedge.Content.Formats.TfLite;
using Kedge.Content.Gate;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;

namespace Kedge.Content.Tests;

/// <summary>
/// Damaged, cut and random files of every format get an answer and cost memory in proportion to themselves.
/// </summary>
public sealed class FormatFuzzTests
{
    /// <summary>Buffers and cached pages: what a file costs before it says anything.</summary>
    private const long ConstantBytesMax = 640 * 1024;

    /// <summary>Bytes of objects for a byte of header.</summary>
    private const int Factor = 64;

    private delegate bool TryRead<T>(ModelFile file, out T? found, out Finding? finding)
        where T : class;

    [Fact]
    public void Damaged_gguf_files_are_read_or_refused() =>
        Damage.Each(GgufBytes.Good, 8_000, static bytes => Read<WeightFile>(bytes, GgufReader.TryRead));

    [Fact]
    public void Damaged_safetensors_files_are_read_or_refused() =>
        Damage.Each(SafetensorsBytes.Good, 8_000, static bytes => Read<WeightFile>(bytes, SafetensorsReader.TryRead));

    [Fact]
    public void Damaged_tflite_files_are_read_or_refused() =>
        Damage.Each(TfLiteBytes.Good, 8_000, static bytes => Read<TfLiteModel>(bytes, TfLiteReader.TryRead));

    [Fact]
    public void Damaged_models_with_weights_beside_them_get_an_answer() =>
        Damage.Each(
            ExternalModels.Of(
                ExternalModels.Tensor("t0", 2, ("location", "w"), ("offset", "0"), ("length", "8")),
                ExternalModels.Tensor("t1", 4, ("location", "w"), ("offset", "8"))),
            5_000,
            static bytes => ModelGate.Inspect(ModelFile.Of("m", bytes), [ModelFile.Of("w", new byte[24])]));

    [Fact]
    public void Random_bytes_behind_every_beginning_get_an_answer()
    {
        byte[][] beginnings =
        [
            [.. "GGUF"u8, 3, 0, 0, 0], [16, 0, 0, 0, .. "TFL3"u8], [64, 0, 0, 0, 0, 0, 0, 0, (byte)'{'],
            [8, 8, 0x3A], [],
        ];
        Damage.Each(new byte[192], 2_000, bytes =>
        {
            foreach (byte[] beginning in beginnings)
            {
                byte[] file = [.. beginning, .. bytes];
                if (ModelGate.Inspect("m", file) is GateOutcome.Refused refused)
                {
                    Assert.NotEmpty(refused.Findings);
                }
            }
        });
    }

    [Fact]
    public void A_small_file_with_huge_claims_costs_a_small_amount_of_memory()
    {
        byte[] huge = GgufBytes.U64(ulong.MaxValue >> 1);
        byte[] most = [.. GgufBytes.U64(FormatLimits.TensorsMax), .. GgufBytes.U64(FormatLimits.MetadataMax)];
        byte[][] files =
        [
            [.. "GGUF"u8, 3, 0, 0, 0, .. most],
            [.. "GGUF"u8, 3, 0, 0, 0, .. GgufBytes.U64(1), .. GgufBytes.U64(1), .. huge, .. new byte[64]],
            GgufBytes.File([GgufBytes.Entry("a", GgufBytes.Text, huge)], [GgufBytes.Tensor("a", [1], 0, 0)], 32),
            GgufBytes.File(
                [GgufBytes.Entry("a", GgufBytes.List, [8, 0, 0, 0, .. huge])], [GgufBytes.Tensor("a", [1], 0, 0)], 32),
            [.. GgufBytes.U64(FormatLimits.SafetensorsHeaderBytesMax), .. "{\"a\":"u8],
            Every4(TfLiteBytes.Good, 0xFFFFFF7F),
        ];
        foreach (byte[] file in files)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.IsType<GateOutcome.Refused>(ModelGate.Inspect("m", file));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, ConstantBytesMax);
        }
    }

    /// <summary>The structure with every count behind its first tables made huge.</summary>
    private static byte[] Every4(byte[] good, uint value)
    {
        byte[] bytes = [.. good];
        for (int at = 64; at + 4 <= bytes.Length; at += 4)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(at), value);
        }

        return bytes;
    }

    private static void Read<T>(byte[] bytes, TryRead<T> tryRead)
        where T : class
    {
        ModelFile file = ModelFile.Of("m", bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool read = tryRead(file, out T? found, out Finding? finding);
        Assert.InRange(
            GC.GetAllocatedBytesForCurrentThread() - before, 0, ConstantBytesMax + ((long)bytes.Length * Factor));
        Assert.Equal(read, found is not null);
        Assert.Equal(!read, finding is not null);
    }
}
