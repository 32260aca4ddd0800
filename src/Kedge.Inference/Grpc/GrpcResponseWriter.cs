using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Grpc;

/// <summary>
/// Writes <c>ModelInferResponse</c> straight from a call that was run, with the five bytes before it. Protobuf puts
/// lengths first, so it is measured and then written, with nothing in between and nothing allocated.
/// </summary>
/// <param name="modelName">Of the model that answers.</param>
/// <param name="modelVersion">Its version.</param>
public sealed class GrpcResponseWriter(string modelName, string modelVersion)
{
    private const int ModelNameField = 1;
    private const int ModelVersionField = 2;
    private const int IdField = 3;
    private const int OutputsField = 5;
    private const int RawField = 6;
    private const int StreamErrorField = 1;
    private const int StreamResponseField = 2;

    private readonly ImmutableArray<byte> _name = [.. Encoding.UTF8.GetBytes(modelName)];
    private readonly ImmutableArray<byte> _version = [.. Encoding.UTF8.GetBytes(modelVersion)];

    /// <summary>Writes the answer of a call.</summary>
    /// <param name="output">Takes the frame.</param>
    /// <param name="call">Was run.</param>
    /// <param name="inStream">True for <c>ModelStreamInferResponse</c>, which has the answer in it.</param>
    /// <param name="byteCount">Length of the message.</param>
    /// <returns>Null, or why there is no such message; nothing is written then.</returns>
    public Finding? Write(IBufferWriter<byte> output, InferenceCall call, bool inStream, out int byteCount)
    {
        byteCount = 0;
        Finding? fault = call.Extensions.HasOutputs
            ? OutputClassifier.Apply(call) ?? RegionTransfer.WriteOutputs(call)
            : null;
        if (fault is not null)
        {
            return fault;
        }

        bool isRaw = GoesRaw(call);
        long size = Size(call, isRaw);
        long whole = inStream ? WireWriter.FieldSize(StreamResponseField, size) : size;
        if (whole > int.MaxValue)
        {
            return InferErrors.AnswerTooLarge.At($"The outputs have {whole} bytes.");
        }

        byteCount = (int)whole;
        GrpcFrame.WriteHead(output, byteCount);
        WireWriter writer = new(output);
        if (inStream)
        {
            writer.Begin(StreamResponseField, size);
        }

        writer.Text(ModelNameField, _name.AsSpan());
        writer.Text(ModelVersionField, _version.AsSpan());
        writer.Text(IdField, call.Id);
        foreach (int index in call.Wanted)
        {
            Tensor tensor = call.AnswerOf(index);
            RegionPart? place = call.Extensions.PlaceOf(index);
            writer.Begin(OutputsField, GrpcOutput.Size(call.Signature.Outputs[index], tensor, place, isRaw));
            GrpcOutput.Write(writer, call.Signature.Outputs[index], tensor, place, isRaw);
        }

        if (isRaw)
        {
            WriteRaw(output, writer, call);
        }

        return null;
    }

    /// <summary>Writes the answer of a stream to a request that failed; the stream goes on.</summary>
    /// <param name="output">Takes the frame.</param>
    /// <param name="fault">Why.</param>
    /// <param name="id">The request's id, in UTF-8.</param>
    public static void WriteStreamError(IBufferWriter<byte> output, Finding fault, ReadOnlySpan<byte> id)
    {
        byte[] text = Encoding.UTF8.GetBytes($"{fault.Code}: {fault.Message}");
        long inner = WireWriter.TextSize(IdField, id.Length);
        long size = WireWriter.FieldSize(StreamErrorField, text.Length)
            + WireWriter.FieldSize(StreamResponseField, inner);
        GrpcFrame.WriteHead(output, (int)size);
        WireWriter writer = new(output);
        writer.Bytes(StreamErrorField, text);
        writer.Begin(StreamResponseField, inner);
        writer.Text(IdField, id);
    }

    /// <summary>
    /// Either all outputs go raw or none: the standard has it so. Triton answers raw always, and its clients rely on
    /// it; numbers are for those who ask for them, where every output has a type that numbers carry.
    /// </summary>
    private static bool GoesRaw(InferenceCall call)
    {
        foreach (int index in call.Wanted)
        {
            if (call.IsBinary(index) || (call.Extensions.PlaceOf(index) is null
                && ContentsReader.FieldOf(call.AnswerOf(index).Type) == 0))
            {
                return true;
            }
        }

        return false;
    }

    private long Size(InferenceCall call, bool isRaw)
    {
        long size = WireWriter.TextSize(ModelNameField, _name.Length)
            + WireWriter.TextSize(ModelVersionField, _version.Length)
            + WireWriter.TextSize(IdField, call.IdByteCount);
        foreach (int index in call.Wanted)
        {
            Tensor tensor = call.AnswerOf(index);
            RegionPart? place = call.Extensions.PlaceOf(index);
            size += WireWriter.FieldSize(
                OutputsField, GrpcOutput.Size(call.Signature.Outputs[index], tensor, place, isRaw));
            size += isRaw ? WireWriter.FieldSize(RawField, place is null ? BinaryTensors.Size(tensor) : 0) : 0;
        }

        return size;
    }

    /// <summary>One entry for each output, as Triton has it: empty for one that lies in shared memory.</summary>
    private static void WriteRaw(IBufferWriter<byte> output, WireWriter writer, InferenceCall call)
    {
        foreach (int index in call.Wanted)
        {
            if (call.Extensions.PlaceOf(index) is not null)
            {
                writer.Begin(RawField, 0);
                continue;
            }

            Tensor tensor = call.AnswerOf(index);
            writer.Begin(RawField, BinaryTensors.Size(tensor));
            BinaryTensors.Write(output, tensor);
        }
    }
}
