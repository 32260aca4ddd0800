using System.Collections.Immutable;
using System.Globalization;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>Messages of ModelInfer: field numbers are those of open_inference_grpc.proto.</summary>
internal static class GrpcBodies
{
    /// <summary>A request with the data in <c>raw_input_contents</c>.</summary>
    internal static ProtoBytes Raw(ModelFacts model, IEnumerable<TensorValue> inputs, string id = "")
    {
        ProtoBytes request = Head(model, id);
        foreach (TensorValue input in inputs)
        {
            request.Message(5, Input(input));
        }

        foreach (TensorValue input in inputs)
        {
            request.Bytes(7, input.ToBinary());
        }

        return request;
    }

    /// <summary>A request with the data in the field of its type.</summary>
    internal static ProtoBytes Typed(ModelFacts model, IEnumerable<TensorValue> inputs, string id = "")
    {
        ProtoBytes request = Head(model, id);
        foreach (TensorValue input in inputs)
        {
            request.Message(5, Input(input).Message(5, Contents(input)));
        }

        return request;
    }

    internal static ProtoBytes Head(ModelFacts model, string id)
    {
        ProtoBytes request = ProtoBytes.Empty.Text(1, model.Name);
        return id.Length > 0 ? request.Text(3, id) : request;
    }

    internal static ProtoBytes Input(TensorValue input) =>
        ProtoBytes.Empty.Text(1, input.Name).Text(2, input.Type).Packed(3, input.Shape);

    /// <summary>InferTensorContents with the elements of a tensor.</summary>
    internal static ProtoBytes Contents(TensorValue value)
    {
        ProtoBytes contents = ProtoBytes.Empty;
        switch (value.Type)
        {
            case "BYTES":
                foreach (byte[] element in value.Elements)
                {
                    contents.Bytes(8, element);
                }

                return contents;
            case "FP32" or "FP64":
                return contents.Bytes(value.Type == "FP32" ? 6 : 7, value.ToBinary());
            default:
                return contents.Packed(Field(value.Type), value.Elements.Select(e => DataTypes.ToWhole(value.Type, e)));
        }
    }

    /// <summary>Outputs of a ModelInferResponse.</summary>
    internal static ImmutableArray<TensorValue> Outputs(ProtoMessage response)
    {
        List<byte[]> raw = response.All(6);
        List<ProtoMessage> outputs = response.Messages(5);
        Expect.That(
            raw.Count == 0 || raw.Count == outputs.Count,
            $"{raw.Count} raw contents come with {outputs.Count} outputs.");
        return [.. outputs.Select((output, index) =>
        {
            string type = output.Text(2);
            Expect.That(DataTypes.Size(type) >= 0, $"'{type}' is no datatype of the protocol.");
            Expect.That(raw.Count == 0 || !output.Has(5), "An output has contents beside raw contents.");
            List<byte[]> elements = raw.Count > 0
                ? TensorValue.Split(type, raw[index])
                : Elements(output.Messages(5).FirstOrDefault() ?? new ProtoMessage([]), type);
            long count = output.Numbers(3).Aggregate(1L, static (product, extent) => product * extent);
            Expect.That(
                count == elements.Count,
                string.Create(CultureInfo.InvariantCulture, $"{elements.Count} elements, the shape asks for {count}."));
            return new TensorValue(output.Text(1), type, [.. output.Numbers(3)], [.. elements]);
        })];
    }

    private static List<byte[]> Elements(ProtoMessage contents, string type) => type switch
    {
        "BYTES" => contents.All(8),
        "FP32" => contents.Fixed(6, 4),
        "FP64" => contents.Fixed(7, 8),
        "FP16" or "BF16" => throw new RuleBrokenException($"{type} must come as raw contents."),
        _ => [.. contents.Numbers(Field(type)).Select(number => DataTypes.Whole(number, DataTypes.Size(type)))],
    };

    private static int Field(string type) => type switch
    {
        "BOOL" => 1,
        "INT8" or "INT16" or "INT32" => 2,
        "INT64" => 3,
        "UINT8" or "UINT16" or "UINT32" => 4,
        "UINT64" => 5,
        _ => throw new NotOfferedException($"{type} goes as raw contents only."),
    };
}
