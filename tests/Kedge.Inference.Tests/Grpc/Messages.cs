using System.Runtime.InteropServices;
using Google.Protobuf;
using Kedge.Inference.Tensors;
using OpenInference;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>Messages as another program makes them: by the code that protoc wrote from the published file.</summary>
internal static class Messages
{
    private static readonly int[] Sixteen = [.. Enumerable.Range(0, 16)];

    /// <summary>A request to the model that adds and subtracts, with its elements as numbers or raw.</summary>
    public static ModelInferRequest AddSub(bool raw, string id = "")
    {
        ModelInferRequest request = new() { ModelName = "tiny", Id = id };
        foreach (string name in (string[])["INPUT0", "INPUT1"])
        {
            ModelInferRequest.Types.InferInputTensor input =
                new() { Name = name, Datatype = "INT32", Shape = { 1, 16 } };
            if (raw)
            {
                request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes(Sixteen.AsSpan())));
            }
            else
            {
                input.Contents = new InferTensorContents { IntContents = { Sixteen } };
            }

            request.Inputs.Add(input);
        }

        return request;
    }

    /// <summary>A tensor with elements of every kind: the smallest, the largest, and random ones.</summary>
    public static Tensor Random(TensorType type, int count, Random random)
    {
        Tensor tensor = new();
        tensor.Begin("x", type);
        Assert.True(tensor.TryShape([count]));
        if (type == TensorType.Bytes)
        {
            for (int i = 0; i < count; i++)
            {
                random.NextBytes(tensor.AppendText(random.Next(4) * random.Next(60)));
            }

            return tensor;
        }

        random.NextBytes(tensor.Bytes);
        int width = TensorTypes.ElementBytes(type);
        for (int i = 0; i < count; i++)
        {
            switch (type == TensorType.Bool ? 9 : random.Next(4))
            {
                case 0:
                    tensor.Bytes.Slice(i * width, width).Fill(0xFF);
                    break;
                case 1:
                    tensor.Bytes.Slice(i * width, width).Clear();
                    break;
                case 9:
                    tensor.Bytes[i] &= 1;
                    break;
            }
        }

        return tensor;
    }

    /// <summary>The elements as lists of numbers; null for a type that has none.</summary>
    public static InferTensorContents? Contents(Tensor tensor)
    {
        InferTensorContents contents = new();
        switch (tensor.Type)
        {
            case TensorType.Bool:
                contents.BoolContents.AddRange(tensor.Bytes.ToArray().Select(static b => b != 0));
                break;
            case TensorType.Int8:
                contents.IntContents.AddRange(tensor.Values<sbyte>().ToArray().Select(static v => (int)v));
                break;
            case TensorType.Int16:
                contents.IntContents.AddRange(tensor.Values<short>().ToArray().Select(static v => (int)v));
                break;
            case TensorType.Int32:
                contents.IntContents.AddRange(tensor.Values<int>().ToArray());
                break;
            case TensorType.Int64:
                contents.Int64Contents.AddRange(tensor.Values<long>().ToArray());
                break;
            case TensorType.UInt8:
                contents.UintContents.AddRange(tensor.Bytes.ToArray().Select(static v => (uint)v));
                break;
            case TensorType.UInt16:
                contents.UintContents.AddRange(tensor.Values<ushort>().ToArray().Select(static v => (uint)v));
                break;
            case TensorType.UInt32:
                contents.UintContents.AddRange(tensor.Values<uint>().ToArray());
                break;
            case TensorType.UInt64:
                contents.Uint64Contents.AddRange(tensor.Values<ulong>().ToArray());
                break;
            case TensorType.Float32:
                contents.Fp32Contents.AddRange(tensor.Values<float>().ToArray());
                break;
            case TensorType.Float64:
                contents.Fp64Contents.AddRange(tensor.Values<double>().ToArray());
                break;
            case TensorType.Bytes:
                for (int i = 0; i < tensor.TextCount; i++)
                {
                    contents.BytesContents.Add(ByteString.CopyFrom(tensor.Text(i)));
                }

                break;
            default:
                return null;
        }

        return contents;
    }

    /// <summary>The elements as they go raw.</summary>
    public static ByteString Raw(Tensor tensor)
    {
        using MemoryStream raw = new();
        for (int i = 0; i < tensor.TextCount; i++)
        {
            raw.Write(BitConverter.GetBytes(tensor.Text(i).Length));
            raw.Write(tensor.Text(i));
        }

        raw.Write(tensor.Type == TensorType.Bytes ? [] : tensor.Bytes);
        return ByteString.CopyFrom(raw.ToArray());
    }

    /// <summary>A request to the model that gives its input back.</summary>
    public static ModelInferRequest Identity(Tensor tensor, bool raw)
    {
        ModelInferRequest request = new()
        {
            ModelName = "identity",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x",
                    Datatype = TensorTypes.Name(tensor.Type),
                    Shape = { tensor.Shape.ToArray() },
                    Contents = raw ? null : Contents(tensor),
                },
            },
        };
        if (raw)
        {
            request.RawInputContents.Add(Raw(tensor));
        }

        return request;
    }
}
