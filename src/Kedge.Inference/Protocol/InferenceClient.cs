using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// The client's end of the protocol: writes requests, reads answers. For callers that are in no hurry.
/// </summary>
public static class InferenceClient
{
    /// <summary>Writes the body of a request.</summary>
    /// <param name="inputs">Every input, filled.</param>
    /// <param name="outputs">Names of the outputs that are wanted; empty for all.</param>
    /// <param name="id">Comes back in the answer; null for none.</param>
    public static byte[] WriteRequest(
        IEnumerable<Tensor> inputs, IEnumerable<string>? outputs = null, string? id = null)
    {
        ArrayBufferWriter<byte> body = new();
        using Utf8JsonWriter writer = new(
            body, new JsonWriterOptions { SkipValidation = true, Encoder = InferenceResponseWriter.RelaxedText });
        writer.WriteStartObject();
        if (id is not null)
        {
            writer.WriteString("id"u8, id);
        }

        WriteTensors(writer, "inputs", inputs);
        string[] wanted = outputs?.ToArray() ?? [];
        if (wanted.Length > 0)
        {
            writer.WriteStartArray("outputs"u8);
            foreach (string name in wanted)
            {
                writer.WriteStartObject();
                writer.WriteString("name"u8, name);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Writes the request that a call came from, whichever protocol brought it: the JSON, then inputs as binary data.
    /// Every output is wanted as binary data.
    /// </summary>
    /// <param name="call">Its inputs do not lie in shared memory.</param>
    /// <param name="jsonBytes">How much of it is JSON.</param>
    public static byte[] WriteRequest(InferenceCall call, out int jsonBytes)
    {
        ArrayBufferWriter<byte> body = new();
        using Utf8JsonWriter writer = new(
            body, new JsonWriterOptions { SkipValidation = true, Encoder = InferenceResponseWriter.RelaxedText });
        writer.WriteStartObject();
        writer.WriteStartArray("inputs"u8);
        foreach (Tensor tensor in call.Inputs)
        {
            TensorWriter.Write(writer, tensor, asBinary: true);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("outputs"u8);
        foreach (int index in call.Wanted)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, call.Signature.Outputs[index].Name);
            writer.WriteStartObject("parameters"u8);
            writer.WriteBoolean("binary_data"u8, true);
            if (call.Extensions.ClassesOf(index) > 0)
            {
                writer.WriteNumber("classification"u8, call.Extensions.ClassesOf(index));
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        jsonBytes = body.WrittenCount;
        foreach (Tensor tensor in call.Inputs)
        {
            BinaryTensors.Write(body, tensor);
        }

        return body.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Reads the body of an answer; false with what is wrong, which is the server's error when it sent one.
    /// </summary>
    public static bool TryReadAnswer(
        ReadOnlySpan<byte> body,
        [NotNullWhen(true)] out InferenceAnswer? answer,
        [NotNullWhen(false)] out Finding? fault) => TryReadAnswer(body, body.Length, out answer, out fault);

    /// <summary>Reads the body of an answer that may end in binary data.</summary>
    /// <param name="body">All of it.</param>
    /// <param name="jsonBytes">How much of it is JSON: all of it, or Triton's header length.</param>
    /// <param name="answer">What it says.</param>
    /// <param name="fault">What is wrong with it, which is the server's error when it sent one.</param>
    public static bool TryReadAnswer(
        ReadOnlySpan<byte> body,
        int jsonBytes,
        [NotNullWhen(true)] out InferenceAnswer? answer,
        [NotNullWhen(false)] out Finding? fault)
    {
        answer = null;
        if (jsonBytes < 0 || jsonBytes > body.Length)
        {
            fault = InferErrors.RequestInvalid.At("The JSON header is longer than the answer.");
            return false;
        }

        try
        {
            fault = ReadAnswer(body[..jsonBytes], body[jsonBytes..], out answer);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            fault = InferErrors.JsonInvalid.At(failure.Message);
        }

        return fault is null && answer is not null;
    }

    internal static void WriteTensors(Utf8JsonWriter writer, string property, IEnumerable<Tensor> tensors)
    {
        writer.WriteStartArray(property);
        foreach (Tensor tensor in tensors)
        {
            TensorWriter.Write(writer, tensor, asBinary: false);
        }

        writer.WriteEndArray();
    }

    /// <summary>Reads a list of tensors; the cursor stands at the property's name.</summary>
    internal static Finding? ReadTensors(ref JsonCursor cursor, ImmutableArray<Tensor>.Builder tensors)
    {
        ReadOnlySpan<byte> none = default;
        return ReadTensors(ref cursor, ref none, tensors);
    }

    /// <summary>
    /// Reads a list of tensors whose elements may follow the JSON; what is read of those is taken off.
    /// </summary>
    private static Finding? ReadTensors(
        ref JsonCursor cursor, ref ReadOnlySpan<byte> binary, ImmutableArray<Tensor>.Builder tensors)
    {
        cursor.Reader.Read();
        if (cursor.Reader.TokenType != JsonTokenType.StartArray)
        {
            return InferErrors.RequestInvalid.At("A list of tensors is expected.");
        }

        while (cursor.Reader.Read() && cursor.Reader.TokenType != JsonTokenType.EndArray)
        {
            Tensor tensor = new();
            Tensor[] one = [tensor];
            Finding? fault = TensorReader.Read(ref cursor, default, one, out TensorFields fields);
            bool isBinary = fault is null && !fields.DataDone && fields.HasShape && fields.BinaryBytes >= 0
                && BinaryTensors.TryTake(tensor, binary, fields.BinaryBytes);
            if (isBinary)
            {
                binary = binary[(int)fields.BinaryBytes..];
            }

            bool usable = (fields.DataDone || isBinary) && fields.Name.Length > 0
                && tensors.Count < InferenceLimits.TensorsMax;
            if (fault is null && !usable)
            {
                fault = InferErrors.RequestInvalid.At("A tensor needs 'name', 'shape', 'datatype' and 'data'.");
            }

            if (fault is not null)
            {
                return fault;
            }

            tensors.Add(tensor);
        }

        return null;
    }

    private static Finding? ReadAnswer(
        ReadOnlySpan<byte> body, ReadOnlySpan<byte> binary, out InferenceAnswer? answer)
    {
        answer = null;
        JsonCursor cursor = new(body);
        ImmutableArray<Tensor>.Builder outputs = ImmutableArray.CreateBuilder<Tensor>();
        string model = "";
        string version = "";
        string id = "";
        if (!cursor.Reader.Read() || cursor.Reader.TokenType != JsonTokenType.StartObject)
        {
            return InferErrors.RequestInvalid.At("The answer is no JSON object.");
        }

        while (cursor.Reader.Read() && cursor.Reader.TokenType == JsonTokenType.PropertyName)
        {
            string property = cursor.Reader.GetString() ?? "";
            if (property == "outputs")
            {
                Finding? fault = ReadTensors(ref cursor, ref binary, outputs);
                if (fault is not null)
                {
                    return fault;
                }

                continue;
            }

            cursor.Reader.Read();
            string text = cursor.Reader.TokenType == JsonTokenType.String ? cursor.Reader.GetString() ?? "" : "";
            cursor.Reader.Skip();
            if (property == "error")
            {
                return InferErrors.RunFailed.At($"The server answered: {text}");
            }

            model = property == "model_name" ? text : model;
            version = property == "model_version" ? text : version;
            id = property == "id" ? text : id;
        }

        answer = new InferenceAnswer(model, version, id, outputs.ToImmutable());
        return null;
    }
}
