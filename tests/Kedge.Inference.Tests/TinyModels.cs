using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Onnx;

namespace Kedge.Inference.Tests;

/// <summary>Models small enough to be written here, each also as a function of our own.</summary>
internal static class TinyModels
{
    /// <summary>Two int32 vectors of 16; their sum and their difference.</summary>
    public static byte[] AddSub { get; } = OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "addsub",
        Inputs =
        [
            OnnxValue.Tensor("INPUT0", OnnxElementType.Int32, -1, 16),
            OnnxValue.Tensor("INPUT1", OnnxElementType.Int32, -1, 16),
        ],
        Outputs =
        [
            OnnxValue.Tensor("OUTPUT0", OnnxElementType.Int32, -1, 16),
            OnnxValue.Tensor("OUTPUT1", OnnxElementType.Int32, -1, 16),
        ],
        Nodes =
        [
            new OnnxNodeSpec("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
            new OnnxNodeSpec("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"]),
        ],
    });

    /// <summary>The same, with the second vector taken the other way round in the difference.</summary>
    public static byte[] AddSubReversed { get; } = OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "addsub",
        Inputs =
        [
            OnnxValue.Tensor("INPUT0", OnnxElementType.Int32, -1, 16),
            OnnxValue.Tensor("INPUT1", OnnxElementType.Int32, -1, 16),
        ],
        Outputs =
        [
            OnnxValue.Tensor("OUTPUT0", OnnxElementType.Int32, -1, 16),
            OnnxValue.Tensor("OUTPUT1", OnnxElementType.Int32, -1, 16),
        ],
        Nodes =
        [
            new OnnxNodeSpec("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
            new OnnxNodeSpec("Sub", ["OUTPUT0", "INPUT1"], ["OUTPUT1"]),
        ],
    });

    public static ModelSignature AddSubSignature { get; } = new(
        [new("INPUT0", TensorType.Int32, [-1, 16]), new("INPUT1", TensorType.Int32, [-1, 16])],
        [new("OUTPUT0", TensorType.Int32, [-1, 16]), new("OUTPUT1", TensorType.Int32, [-1, 16])]);

    /// <summary>Gives its input back: any type, any size of one dimension.</summary>
    public static byte[] Identity(TensorType type) => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "identity",
        Inputs = [OnnxValue.Tensor("x", ElementType(type), -1)],
        Outputs = [OnnxValue.Tensor("y", ElementType(type), -1)],
        Nodes = [new OnnxNodeSpec("Identity", ["x"], ["y"])],
    });

    public static ModelSignature IdentitySignature(TensorType type) =>
        new([new("x", type, [-1])], [new("y", type, [-1])]);

    /// <summary>A call of it with 0, 1, 2.. and 1, 1, 1.., which wants everything.</summary>
    public static InferenceCall AddSubCall(ModelSignature signature)
    {
        InferenceCall call = new(signature);
        call.WantAll(binary: false);
        for (int input = 0; input < 2; input++)
        {
            call.Inputs[input].Begin($"INPUT{input}", TensorType.Int32);
            Assert.True(call.Inputs[input].TryShape([1, 16]));
            for (int i = 0; i < 16; i++)
            {
                call.Inputs[input].Values<int>()[i] = input == 0 ? i : 1;
            }
        }

        return call;
    }

    public static IInferenceSession NativeAddSub() =>
        OnnxSession.FromBytes(AddSub, new OnnxSessionOptions { IntraOpThreads = 1 });

    public static IInferenceSession NativeIdentity(TensorType type) =>
        OnnxSession.FromBytes(Identity(type), new OnnxSessionOptions { IntraOpThreads = 1 });

    public static IInferenceSession MemoryAddSub() => new InMemorySession(AddSubSignature, call =>
    {
        Tensor a = call.Inputs[0];
        Tensor b = call.Inputs[1];
        if (!a.Shape.SequenceEqual(b.Shape))
        {
            return "The shapes differ.";
        }

        foreach (int index in call.Wanted)
        {
            Tensor output = call.Outputs[index];
            output.Begin(AddSubSignature.Outputs[index].Name, TensorType.Int32);
            Assert.True(output.TryShape(a.Shape));
            for (int i = 0; i < a.ElementCount; i++)
            {
                int right = b.Values<int>()[i];
                output.Values<int>()[i] = a.Values<int>()[i] + (index == 0 ? right : -right);
            }
        }

        return null;
    });

    public static IInferenceSession MemoryIdentity(TensorType type) =>
        new InMemorySession(IdentitySignature(type), call =>
    {
        Tensor input = call.Inputs[0];
        Tensor output = call.Outputs[0];
        output.Begin("y", input.Type);
        Assert.True(output.TryShape(input.Shape));
        for (int i = 0; i < input.TextCount; i++)
        {
            output.AppendText(input.Text(i));
        }

        if (input.Type != TensorType.Bytes)
        {
            input.Bytes.CopyTo(output.Bytes);
        }

        return null;
    });

    public static OnnxElementType ElementType(TensorType type) => type switch
    {
        TensorType.Bool => OnnxElementType.Bool,
        TensorType.UInt8 => OnnxElementType.UInt8,
        TensorType.UInt16 => OnnxElementType.UInt16,
        TensorType.UInt32 => OnnxElementType.UInt32,
        TensorType.UInt64 => OnnxElementType.UInt64,
        TensorType.Int8 => OnnxElementType.Int8,
        TensorType.Int16 => OnnxElementType.Int16,
        TensorType.Int32 => OnnxElementType.Int32,
        TensorType.Int64 => OnnxElementType.Int64,
        TensorType.Float16 => OnnxElementType.Float16,
        TensorType.BFloat16 => OnnxElementType.BFloat16,
        TensorType.Float32 => OnnxElementType.Float,
        TensorType.Float64 => OnnxElementType.Double,
        TensorType.Bytes => OnnxElementType.String,
        TensorType.Unknown => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
