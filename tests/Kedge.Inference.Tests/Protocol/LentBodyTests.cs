using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Kedge.Inference.Grpc;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using OpenInference;

namespace Kedge.Inference.Tests.Protocol;

/// <summary>Tensors that stay in the memory of their request, and those that do not.</summary>
public sealed class LentBodyTests
{
    private static readonly ModelSignature Signature = new(
        [
            new("a", TensorType.Float32, [-1]), new("b", TensorType.Bool, [-1]), new("t", TensorType.Bytes, [-1]),
            new("d", TensorType.Float64, [-1]),
        ],
        [new("y", TensorType.Float32, [-1])]);

    [Fact]
    public void Numbers_that_lie_well_stay_and_the_rest_is_copied()
    {
        // 8 bytes of a, 3 of b, 6 of t: d is then not where a double may lie.
        string json = """
            {"inputs":[{"name":"a","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}},
            {"name":"b","shape":[3],"datatype":"BOOL","parameters":{"binary_data_size":3}},
            {"name":"t","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":6}},
            {"name":"d","shape":[1],"datatype":"FP64","parameters":{"binary_data_size":8}}]}
            """;
        byte[] head = Encoding.UTF8.GetBytes(json);
        byte[] data = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 1, 0, 1, 2, 0, 0, 0, (byte)'h', (byte)'i', .. One()];
        byte[] whole = Pinned(64 + head.Length + data.Length);
        int start = StartOf(whole, head.Length);
        Memory<byte> body = whole.AsMemory(start, head.Length + data.Length);
        head.CopyTo(body);
        data.CopyTo(body[head.Length..]);
        InferenceCall call = new(Signature);
        Assert.Null(InferenceRequestReader.Read(body.Span, head.Length, call, lent: body));
        Assert.True(LiesIn(call.Inputs[0], body));
        Assert.True(LiesIn(call.Inputs[1], body));
        Assert.False(LiesIn(call.Inputs[2], body));
        Assert.False(LiesIn(call.Inputs[3], body));
        Assert.Equal([1f, 2f], call.Inputs[0].Values<float>().ToArray());
        Assert.Equal([1, 0, 1], call.Inputs[1].Bytes.ToArray());
        Assert.Equal("hi"u8.ToArray(), call.Inputs[2].Text(0).ToArray());
        Assert.Equal(1.0, call.Inputs[3].Values<double>()[0]);

        // Given back: nothing points there any more.
        call.Trim(1024);
        whole.AsSpan().Clear();
        Assert.All(call.Inputs, tensor => Assert.False(LiesIn(tensor, body)));

        // Looked at all the same: a truth value that is none.
        head.CopyTo(body);
        data.CopyTo(body[head.Length..]);
        body.Span[head.Length + 9] = 2;
        Assert.Equal(
            "KEDGE-INFER-004", InferenceRequestReader.Read(body.Span, head.Length, call, lent: body)?.Code);
    }

    [Fact]
    public void A_raw_body_is_computed_on_where_it_lies()
    {
        ModelSignature signature = new([new("a", TensorType.Float32, [-1])], [new("y", TensorType.Float32, [-1])]);
        byte[] whole = Pinned(4096);
        Memory<byte> body = whole.AsMemory(StartOf(whole, 0), 1024);
        InferenceCall call = new(signature);
        Assert.Null(RawRequestReader.Read(body.Span, call, body));
        Assert.True(LiesIn(call.Inputs[0], body));
        Assert.Equal([256], call.Inputs[0].Shape.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Of_a_message_those_stay_that_lie_well(int off)
    {
        ModelSignature signature = new(
            [new("a", TensorType.Float32, [-1]), new("b", TensorType.Float32, [-1])],
            [new("y", TensorType.Float32, [-1])]);
        float[] values = [1, 2, 3];
        ModelInferRequest request = new() { ModelName = "m" };
        foreach (string name in new[] { "a", "b" })
        {
            request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor
            {
                Name = name, Datatype = "FP32", Shape = { 3 },
            });
            request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())));
        }

        // As the server lays it: its end, and with it the last tensor, lies well. The one before has a head between.
        byte[] message = request.ToByteArray();
        byte[] whole = Pinned(message.Length + 128);
        Memory<byte> body = whole.AsMemory(StartOf(whole, message.Length) + off, message.Length);
        message.CopyTo(body);
        InferenceCall call = new(signature);
        Assert.Null(GrpcRequestReader.Read(body.Span, call, lent: body));
        Assert.False(LiesIn(call.Inputs[0], body));
        Assert.Equal(off == 0, LiesIn(call.Inputs[1], body));
        Assert.All(call.Inputs, tensor => Assert.Equal(values, tensor.Values<float>().ToArray()));
    }

    private static byte[] Pinned(int length) => GC.AllocateArray<byte>(length, pinned: true);

    private static byte[] One() => BitConverter.GetBytes(1.0);

    /// <summary>Where something begins of which this many bytes end at a multiple of 64.</summary>
    private static unsafe int StartOf(byte[] pinned, int before)
    {
        fixed (byte* start = pinned)
        {
            return (int)((64 - (((nuint)start + (nuint)before) % 64)) % 64);
        }
    }

    private static bool LiesIn(Tensor tensor, Memory<byte> memory)
    {
        ref byte first = ref MemoryMarshal.GetReference(memory.Span);
        ref byte own = ref MemoryMarshal.GetReference(tensor.Bytes);
        return !Unsafe.IsAddressLessThan(ref own, ref first)
            && Unsafe.IsAddressLessThan(ref own, ref Unsafe.Add(ref first, memory.Length));
    }
}
