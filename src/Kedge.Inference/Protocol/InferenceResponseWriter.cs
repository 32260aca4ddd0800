using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Writes the answer to an inference request: the JSON, then the binary data of those outputs that are wanted so.
/// Used again and again; allocates nothing once its output has grown.
/// </summary>
public sealed class InferenceResponseWriter : IDisposable
{
    private readonly RentedOutput _output = new(firstBytes: 1024);
    private readonly Utf8JsonWriter _writer;

    /// <summary>An empty answer.</summary>
    public InferenceResponseWriter() => _writer = new Utf8JsonWriter(
        _output, new JsonWriterOptions { SkipValidation = true, Encoder = RelaxedText });

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _output.Written;

    /// <summary>How much of it is JSON; the rest is binary data.</summary>
    public int JsonBytes { get; private set; }

    /// <summary>Escapes only what JSON asks for: the answer is read by programs and never put into a page.</summary>
    internal static System.Text.Encodings.Web.JavaScriptEncoder RelaxedText =>
        System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>Writes the answer of a call that was run, in place of what was there.</summary>
    public Finding? Write(string modelName, string modelVersion, InferenceCall call)
    {
        Finding? fault = call.Extensions.HasOutputs
            ? OutputClassifier.Apply(call) ?? RegionTransfer.WriteOutputs(call)
            : null;
        if (fault is not null)
        {
            return fault;
        }

        _output.Clear();
        _writer.Reset();
        _writer.WriteStartObject();
        _writer.WriteString("model_name"u8, modelName);
        _writer.WriteString("model_version"u8, modelVersion);
        if (call.IdByteCount > 0)
        {
            _writer.WriteString("id"u8, call.Id);
        }

        _writer.WriteStartArray("outputs"u8);
        foreach (int index in call.Wanted)
        {
            Tensor tensor = call.AnswerOf(index);
            RegionPart? place = call.Extensions.PlaceOf(index);
            if (place is null && !call.IsBinary(index) && !TensorWriter.IsExpressible(tensor))
            {
                return InferErrors.OutputInexpressible.At($"'{tensor.Name}' holds bytes that are not UTF-8.");
            }

            TensorWriter.Write(_writer, tensor, call.IsBinary(index), place);
        }

        _writer.WriteEndArray();
        _writer.WriteEndObject();
        _writer.Flush();
        JsonBytes = _output.Count;
        foreach (int index in call.Wanted)
        {
            if (call.IsBinary(index) && call.Extensions.PlaceOf(index) is null)
            {
                BinaryTensors.Write(_output, call.AnswerOf(index));
            }
        }

        return null;
    }

    /// <summary>Gives memory back where it holds on to more than this many bytes; what was written is gone.</summary>
    public void Trim(int keepBytesMax) => _output.Trim(keepBytesMax);

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _output.Dispose();
    }
}
