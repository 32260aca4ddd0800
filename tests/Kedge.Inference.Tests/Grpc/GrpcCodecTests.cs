using System.Buffers;
using Google.Protobuf;
using Kedge.Core.Errors;
using Kedge.Inference.Grpc;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using OpenInference;
using InputTensor = OpenInference.ModelInferRequest.Types.InferInputTensor;
using OutputTensor = OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>Our codec beside that of protobuf, both ways.</summary>
public sealed class GrpcCodecTests
{
    public static TheoryData<TensorType> Types => [.. TensorTypes.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void Elements_of_every_type_are_read_as_another_program_wrote_them(TensorType type)
    {
        Random random = new(1);
        InferenceCall call = new(TinyModels.IdentitySignature(type));
        for (int round = 0; round < 50; round++)
        {
            Tensor tensor = Messages.Random(type, random.Next(40), random);
            byte[] raw = Messages.Identity(tensor, raw: true).ToByteArray();
            Assert.Null(GrpcRequestReader.Read(raw, call));
            AssertSame(tensor, call.Inputs[0]);
            byte[] numbers = Messages.Identity(tensor, raw: false).ToByteArray();
            if (type is TensorType.Float16 or TensorType.BFloat16)
            {
                continue;
            }

            Assert.Null(GrpcRequestReader.Read(numbers, call));
            AssertSame(tensor, call.Inputs[0]);
            Assert.Null(GrpcRequestReader.Read(Unpacked(numbers), call));
            AssertSame(tensor, call.Inputs[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Elements_of_every_type_are_written_as_another_program_reads_them(TensorType type)
    {
        Random random = new(2);
        using IInferenceSession session = TinyModels.MemoryIdentity(type);
        InferenceCall call = new(session.Signature);
        GrpcResponseWriter writer = new("identity", "7");
        for (int round = 0; round < 50; round++)
        {
            Tensor tensor = Messages.Random(type, random.Next(40), random);
            foreach (bool raw in (bool[])[true, false])
            {
                ModelInferRequest request = Messages.Identity(tensor, raw: true);
                request.Id = $"id {round} ü";
                request.Parameters["binary_data_output"] = new InferParameter { BoolParam = raw };
                Assert.Null(GrpcRequestReader.Read(request.ToByteArray(), call));
                Assert.Null(session.Run(call));
                ModelInferResponse answer = ModelInferResponse.Parser.ParseFrom(Frame(o =>
                    Assert.Null(writer.Write(o, call, inStream: false, out _))));
                AssertAnswer(answer, request.Id, tensor, raw || Messages.Contents(tensor) is null);
                ModelStreamInferResponse streamed = ModelStreamInferResponse.Parser.ParseFrom(Frame(o =>
                    Assert.Null(writer.Write(o, call, inStream: true, out _))));
                Assert.Equal("", streamed.ErrorMessage);
                Assert.Equal(answer, streamed.InferResponse);
            }
        }
    }

    [Fact]
    public void Fields_may_come_in_any_order_with_unknown_ones_between()
    {
        ModelInferRequest request = Messages.AddSub(raw: true, id: "42");
        request.ModelVersion = "3";
        byte[] bytes = [.. Pieces(request.ToByteArray()).Reverse().SelectMany(static p => (byte[])[0x7A, 1, 9, .. p])];
        InferenceCall call = new(TinyModels.AddSubSignature);
        Assert.Null(GrpcRequestReader.Read(bytes, call));
        Assert.Equal("42"u8, call.Id);
        Assert.Equal([.. Enumerable.Range(0, 16)], call.Inputs[1].Values<int>().ToArray());
        Assert.True(GrpcRequestReader.TryReadModel(bytes, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> version));
        Assert.Equal("tiny"u8, name);
        Assert.Equal("3"u8, version);
        Assert.Equal("42"u8, GrpcRequestReader.IdOf(bytes));
        Assert.Equal((0, 0, true), (call.Extensions.Priority, call.Extensions.TimeoutUs, call.IsBinary(0)));
    }

    [Fact]
    public void Parameters_say_how_long_and_how_urgent_and_which_outputs()
    {
        ModelInferRequest request = Messages.AddSub(raw: false);
        request.Parameters["timeout"] = new InferParameter { Int64Param = 1500 };
        request.Parameters["priority"] = new InferParameter { Uint64Param = 2 };
        request.Parameters["sequence_id"] = new InferParameter { Int64Param = 0 };
        request.Parameters["whatever"] = new InferParameter { DoubleParam = 1.5 };
        request.Parameters["binary_data_output"] = new InferParameter { BoolParam = false };
        request.Outputs.Add(new OutputTensor { Name = "OUTPUT1" });
        InferenceCall call = new(TinyModels.AddSubSignature);
        Assert.Null(GrpcRequestReader.Read(request.ToByteArray(), call));
        Assert.Equal((2, 1500, false), (call.Extensions.Priority, call.Extensions.TimeoutUs, call.IsBinary(0)));
        Assert.Equal([1], call.Wanted.ToArray());
        Assert.False(call.IsBinary(1));
        request.Outputs[0].Parameters["binary_data"] = new InferParameter { BoolParam = true };
        Assert.Null(GrpcRequestReader.Read(request.ToByteArray(), call));
        Assert.True(call.IsBinary(1));
    }

    public static TheoryData<string, string> Broken { get; } = new()
    {
        { "KEDGE-INFER-040", "not a message" },
        { "KEDGE-INFER-003", "unknown input" },
        { "KEDGE-INFER-003", "unknown output" },
        { "KEDGE-INFER-041", "output twice" },
        { "KEDGE-INFER-007", "input twice" },
        { "KEDGE-INFER-007", "input missing" },
        { "KEDGE-INFER-005", "datatype unknown" },
        { "KEDGE-INFER-005", "datatype other" },
        { "KEDGE-INFER-006", "list of another datatype" },
        { "KEDGE-INFER-006", "number out of range" },
        { "KEDGE-INFER-004", "shape other" },
        { "KEDGE-INFER-004", "shape negative" },
        { "KEDGE-INFER-004", "shape long" },
        { "KEDGE-INFER-004", "shape huge" },
        { "KEDGE-INFER-004", "too few elements" },
        { "KEDGE-INFER-004", "too many elements" },
        { "KEDGE-INFER-004", "too few raw bytes" },
        { "KEDGE-INFER-041", "raw and numbers" },
        { "KEDGE-INFER-041", "one raw for two" },
        { "KEDGE-INFER-041", "no elements" },
        { "KEDGE-INFER-041", "id long" },
        { "KEDGE-INFER-020", "sequence" },
        { "KEDGE-INFER-021", "timeout negative" },
        { "KEDGE-INFER-021", "priority text" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_is_wrong_with_a_request_is_said_with_its_code(string code, string what)
    {
        InferenceCall call = new(TinyModels.AddSubSignature);
        Finding? fault = GrpcRequestReader.Read(Break(what), call);
        Assert.Equal(code, fault?.Code);
    }

    [Fact]
    public void Numbers_of_half_precision_come_raw_only()
    {
        ModelInferRequest request = new()
        {
            Inputs =
            {
                new InputTensor
                {
                    Name = "x",
                    Datatype = "FP16",
                    Shape = { 1 },
                    Contents = new InferTensorContents { Fp32Contents = { 1 } },
                },
            },
        };
        InferenceCall call = new(TinyModels.IdentitySignature(TensorType.Float16));
        Assert.Equal("KEDGE-INFER-041", GrpcRequestReader.Read(request.ToByteArray(), call)?.Code);
    }

    [Fact]
    public void Small_messages_are_those_of_the_standard()
    {
        Assert.True(ServerLiveResponse.Parser.ParseFrom(GrpcMessages.Truth(true)).Live);
        Assert.False(ModelReadyResponse.Parser.ParseFrom(GrpcMessages.Truth(false)).Ready);
        ServerMetadataResponse server =
            ServerMetadataResponse.Parser.ParseFrom(GrpcMessages.Server("kedge", "1.2", ["a", "b"]));
        Assert.Equal(("kedge", "1.2", "a,b"), (server.Name, server.Version, string.Join(",", server.Extensions)));
        ModelMetadataResponse model = ModelMetadataResponse.Parser.ParseFrom(
            GrpcMessages.Model("tiny", ["2", "1"], "onnx_onnxruntime", TinyModels.AddSubSignature));
        Assert.Equal(["2", "1"], model.Versions);
        Assert.Equal("onnx_onnxruntime", model.Platform);
        Assert.Equal("OUTPUT1", model.Outputs[1].Name);
        Assert.Equal("INT32", model.Inputs[0].Datatype);
        Assert.Equal([-1, 16], model.Inputs[0].Shape);
        Assert.True(GrpcMessages.TryReadTexts(
            new ModelReadyRequest { Name = "ü", Version = "1" }.ToByteArray(), out string name, out string version));
        Assert.Equal(("ü", "1"), (name, version));
        Assert.False(GrpcMessages.TryReadTexts([10, 2, 0xC3, 0x28], out _, out _));
        Assert.False(GrpcMessages.TryReadTexts([10, 2, 65], out _, out _));
    }

    [Fact]
    public void A_failed_request_of_a_stream_is_answered_with_its_id()
    {
        ModelStreamInferResponse answer = ModelStreamInferResponse.Parser.ParseFrom(Frame(static o =>
            GrpcResponseWriter.WriteStreamError(o, new Finding("CODE-1", "No ü."), "42"u8)));
        Assert.Equal("CODE-1: No ü.", answer.ErrorMessage);
        Assert.Equal("42", answer.InferResponse.Id);
    }

    [Theory]
    [InlineData("1S", 1_000)]
    [InlineData("250m", 250)]
    [InlineData("99999999u", 99_999.999)]
    [InlineData("2H", 7_200_000)]
    [InlineData("3M", 180_000)]
    [InlineData("1000000n", 1)]
    [InlineData("0n", 0.0001)]
    public void A_timeout_is_read(string text, double milliseconds)
    {
        Assert.True(GrpcText.TryReadTimeout(text, out TimeSpan timeout));
        Assert.Equal(milliseconds, timeout.TotalMilliseconds, 6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    public void Other_timeouts_are_refused(string text) => Assert.False(GrpcText.TryReadTimeout(text, out _));

    [Fact]
    public void A_message_in_a_header_is_printable_and_comes_back_whole()
    {
        Assert.Equal("plain text.", GrpcText.PercentEncode("plain text."));
        string encoded = GrpcText.PercentEncode("100 % of 'ü'\n");
        Assert.Equal("100 %25 of '%C3%BC'%0A", encoded);
        Assert.Equal("100 % of 'ü'\n", Uri.UnescapeDataString(encoded));
    }

    private static byte[] Break(string what)
    {
        ModelInferRequest numbers = Messages.AddSub(raw: false);
        ModelInferRequest raw = Messages.AddSub(raw: true);
        InputTensor first = numbers.Inputs[0];
        switch (what)
        {
            case "not a message":
                return [.. numbers.ToByteArray(), 0x0B];
            case "unknown input":
                first.Name = "q";
                break;
            case "unknown output":
                numbers.Outputs.Add(new OutputTensor { Name = "q" });
                break;
            case "output twice":
                numbers.Outputs.Add(new OutputTensor { Name = "OUTPUT0" });
                numbers.Outputs.Add(new OutputTensor { Name = "OUTPUT0" });
                break;
            case "input twice":
                numbers.Inputs.Add(first);
                break;
            case "input missing":
                numbers.Inputs.RemoveAt(1);
                break;
            case "datatype unknown":
                first.Datatype = "INT33";
                break;
            case "datatype other":
                first.Datatype = "INT64";
                break;
            case "list of another datatype":
                first.Contents = new InferTensorContents { Fp32Contents = { new float[16] } };
                break;
            case "number out of range":
                return Int8(200).ToByteArray();
            case "shape other":
                first.Shape[1] = 15;
                break;
            case "shape negative":
                first.Shape[0] = -1;
                break;
            case "shape long":
                first.Shape.AddRange(Enumerable.Repeat(1L, 17));
                break;
            case "shape huge":
                first.Shape[0] = 1L << 40;
                break;
            case "too few elements":
                first.Contents.IntContents.RemoveAt(0);
                break;
            case "too many elements":
                first.Contents.IntContents.Add(0);
                break;
            case "too few raw bytes":
                raw.RawInputContents[1] = ByteString.CopyFrom(new byte[63]);
                return raw.ToByteArray();
            case "raw and numbers":
                raw.Inputs[0].Contents = first.Contents;
                return raw.ToByteArray();
            case "one raw for two":
                raw.RawInputContents.RemoveAt(0);
                return raw.ToByteArray();
            case "no elements":
                first.Contents = null;
                break;
            case "id long":
                numbers.Id = new string('x', 257);
                break;
            case "sequence":
                numbers.Parameters["sequence_id"] = new InferParameter { StringParam = "s" };
                break;
            case "timeout negative":
                numbers.Parameters["timeout"] = new InferParameter { Int64Param = -1 };
                break;
            case "priority text":
                numbers.Parameters["priority"] = new InferParameter { StringParam = "high" };
                break;
        }

        return numbers.ToByteArray();
    }

    // The signature of the other cases has no small numbers: a list that is none of INT32 is the same mistake.
    private static ModelInferRequest Int8(int value)
    {
        ModelInferRequest request = Messages.AddSub(raw: false);
        request.Inputs[0].Contents = new InferTensorContents { UintContents = { (uint)value } };
        return request;
    }

    [Fact]
    public void A_number_beyond_its_type_is_refused()
    {
        foreach ((TensorType type, int value) in ((TensorType, int)[])
            [(TensorType.Int8, 128), (TensorType.Int8, -129), (TensorType.Int16, 1 << 15)])
        {
            ModelInferRequest request = Messages.Identity(Messages.Random(type, 1, new Random(1)), raw: false);
            request.Inputs[0].Contents = new InferTensorContents { IntContents = { value } };
            InferenceCall call = new(TinyModels.IdentitySignature(type));
            Assert.Equal("KEDGE-INFER-006", GrpcRequestReader.Read(request.ToByteArray(), call)?.Code);
        }

        ModelInferRequest unsigned = Messages.Identity(Messages.Random(TensorType.UInt8, 1, new Random(1)), raw: false);
        unsigned.Inputs[0].Contents = new InferTensorContents { UintContents = { 256 } };
        InferenceCall bytes = new(TinyModels.IdentitySignature(TensorType.UInt8));
        Assert.Equal("KEDGE-INFER-006", GrpcRequestReader.Read(unsigned.ToByteArray(), bytes)?.Code);
    }

    internal static void AssertSame(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Type, actual.Type);
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.Equal(expected.Bytes, actual.Bytes);
        Assert.Equal(expected.TextCount, actual.TextCount);
        for (int i = 0; i < expected.TextCount; i++)
        {
            Assert.Equal(expected.Text(i), actual.Text(i));
        }
    }

    private static void AssertAnswer(ModelInferResponse answer, string id, Tensor tensor, bool raw)
    {
        Assert.Equal(("identity", "7", id), (answer.ModelName, answer.ModelVersion, answer.Id));
        ModelInferResponse.Types.InferOutputTensor output = Assert.Single(answer.Outputs);
        Assert.Equal(("y", TensorTypes.Name(tensor.Type)), (output.Name, output.Datatype));
        Assert.Equal(tensor.Shape.ToArray(), output.Shape);
        if (raw)
        {
            Assert.Null(output.Contents);
            Assert.Equal(Messages.Raw(tensor), Assert.Single(answer.RawOutputContents));
            return;
        }

        // As bytes, since NaN is not itself.
        Assert.Empty(answer.RawOutputContents);
        Assert.Equal(Messages.Contents(tensor)!.ToByteArray(), output.Contents.ToByteArray());
    }

    private static byte[] Frame(Action<IBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> output = new();
        write(output);
        Assert.True(GrpcFrame.TryReadHead(
            new ReadOnlySequence<byte>(output.WrittenMemory), out byte flag, out uint length));
        Assert.Equal((0, output.WrittenCount - GrpcFrame.HeadBytes), (flag, (int)length));
        return output.WrittenSpan[GrpcFrame.HeadBytes..].ToArray();
    }

    /// <summary>The fields of a message, each with its number.</summary>
    private static IEnumerable<byte[]> Pieces(byte[] message)
    {
        CodedInputStream input = new(message);
        for (long start = 0; input.ReadTag() != 0; start = input.Position)
        {
            input.SkipLastField();
            yield return message[(int)start..(int)input.Position];
        }
    }

    /// <summary>The same request with every list of numbers one field for each.</summary>
    private static byte[] Unpacked(byte[] request) => Rewrite(request, 5, static input => Field(5, Rewrite(
        Rewrite(input, 3, static shape => Each(3, shape)),
        5, static contents => Field(5, UnpackedContents(contents)))));

    private static byte[] UnpackedContents(byte[] contents)
    {
        using MemoryStream all = new();
        CodedInputStream fields = new(contents);
        for (uint tag = fields.ReadTag(); tag != 0; tag = fields.ReadTag())
        {
            int field = WireFormat.GetTagFieldNumber(tag);
            byte[] value = fields.ReadBytes().ToByteArray();
            all.Write(field switch
            {
                8 => Field(8, value),
                6 or 7 => Fixed(field, value, field == 6 ? 4 : 8),
                _ => Each(field, value),
            });
        }

        return all.ToArray();
    }

    /// <summary>The same message with a field replaced by others.</summary>
    private static byte[] Rewrite(byte[] message, int field, Func<byte[], byte[]> change)
    {
        using MemoryStream all = new();
        foreach (byte[] piece in Pieces(message))
        {
            CodedInputStream input = new(piece);
            all.Write(WireFormat.GetTagFieldNumber(input.ReadTag()) == field
                ? change(input.ReadBytes().ToByteArray())
                : piece);
        }

        return all.ToArray();
    }

    private static byte[] Each(int field, byte[] packed)
    {
        using MemoryStream all = new();
        using CodedOutputStream output = new(all);
        CodedInputStream input = new(packed);
        while (!input.IsAtEnd)
        {
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteUInt64(input.ReadUInt64());
        }

        output.Flush();
        return all.ToArray();
    }

    private static byte[] Fixed(int field, byte[] packed, int width)
    {
        using MemoryStream all = new();
        for (int i = 0; i < packed.Length; i += width)
        {
            all.WriteByte((byte)((field << 3) | (width == 4 ? 5 : 1)));
            all.Write(packed, i, width);
        }

        return all.ToArray();
    }

    private static byte[] Field(int field, byte[] value)
    {
        using MemoryStream all = new();
        using CodedOutputStream output = new(all);
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
        output.Flush();
        return all.ToArray();
    }
}
