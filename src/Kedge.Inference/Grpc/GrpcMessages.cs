using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Grpc;

/// <summary>
/// The small messages of the service: health, metadata, configuration, repository. Each is the bytes of a message,
/// without the five before it. They are rare, so they are made in memory.
/// </summary>
public static class GrpcMessages
{
    /// <summary>
    /// <c>{bool = 1}</c>: <c>ServerLiveResponse</c>, <c>ServerReadyResponse</c>, <c>ModelReadyResponse</c>.
    /// </summary>
    public static byte[] Truth(bool value) => Write(writer => writer.Number(1, value ? 1UL : 0UL));

    /// <summary><c>grpc.health.v1.HealthCheckResponse</c>: SERVING, or NOT_SERVING.</summary>
    public static byte[] Health(bool isServing) => Write(writer => writer.Number(1, isServing ? 1UL : 2UL));

    /// <summary><c>ServerMetadataResponse</c>.</summary>
    public static byte[] Server(string name, string version, ImmutableArray<string> extensions) => Write(writer =>
    {
        Text(writer, 1, name);
        Text(writer, 2, version);
        foreach (string extension in extensions)
        {
            Text(writer, 3, extension);
        }
    });

    /// <summary><c>ModelMetadataResponse</c>.</summary>
    public static byte[] Model(
        string name, ImmutableArray<string> versions, string platform, ModelSignature signature) => Write(writer =>
    {
        Text(writer, 1, name);
        foreach (string version in versions)
        {
            Text(writer, 2, version);
        }

        Text(writer, 3, platform);
        WriteTensors(writer, 4, signature.Inputs);
        WriteTensors(writer, 5, signature.Outputs);
    });

    /// <summary>
    /// Reads a message of two texts in fields 1 and 2, as every question about a model is: name and version.
    /// False when the bytes are no such message.
    /// </summary>
    public static bool TryReadTexts(ReadOnlySpan<byte> message, out string first, out string second)
    {
        (first, second) = ("", "");
        WireReader reader = new(message);
        while (reader.TryNext())
        {
            if (reader.Kind != WireKind.Bytes || reader.Field > 2)
            {
                continue;
            }

            if (reader.Bytes.Length > InferenceLimits.NameBytesMax
                || !System.Text.Unicode.Utf8.IsValid(reader.Bytes))
            {
                return false;
            }

            (first, second) = reader.Field == 1
                ? (Encoding.UTF8.GetString(reader.Bytes), second)
                : (first, Encoding.UTF8.GetString(reader.Bytes));
        }

        return !reader.IsBroken;
    }

    private static void WriteTensors(WireWriter writer, int field, ImmutableArray<TensorSpec> specs)
    {
        foreach (TensorSpec spec in specs)
        {
            writer.Bytes(field, Write(inner =>
            {
                Text(inner, 1, spec.Name);
                Text(inner, 2, TensorTypes.Name(spec.Type));
                Packed(inner, 3, spec.Shape.AsSpan());
            }));
        }
    }

    internal static void Text(WireWriter writer, int field, string text) =>
        writer.Text(field, Encoding.UTF8.GetBytes(text));

    internal static void Packed(WireWriter writer, int field, ReadOnlySpan<long> numbers)
    {
        int size = 0;
        foreach (long number in numbers)
        {
            size += WireWriter.Size(number);
        }

        if (size == 0)
        {
            return;
        }

        writer.Begin(field, size);
        foreach (long number in numbers)
        {
            writer.Packed((ulong)number);
        }
    }

    internal static byte[] Write(Action<WireWriter> fields)
    {
        ArrayBufferWriter<byte> output = new();
        fields(new WireWriter(output));
        return output.WrittenSpan.ToArray();
    }
}
