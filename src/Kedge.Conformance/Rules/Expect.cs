using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>What a check may ask of an answer; whatever does not hold breaks the rule.</summary>
internal static class Expect
{
    /// <exception cref="RuleBrokenException">It does not hold.</exception>
    internal static void That([DoesNotReturnIf(false)] bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new RuleBrokenException(otherwise);
        }
    }

    /// <summary>The answer has this status.</summary>
    internal static HttpAnswer Status(HttpAnswer answer, int status)
    {
        That(answer.Status == status, $"The status is {answer.Status}, not {status}.");
        return answer;
    }

    /// <summary>A good answer in JSON; returns the JSON.</summary>
    internal static JsonElement Good(HttpAnswer answer) => Status(answer, 200).Json();

    /// <summary>A refusal as the protocol wants it: a client error with <c>{"error": "..."}</c>.</summary>
    internal static void Refusal(HttpAnswer answer)
    {
        That(answer.Status is >= 400 and < 500, $"The status is {answer.Status}, not one of 400..499.");
        ErrorBody(answer);
    }

    /// <summary>The body is <c>{"error": "..."}</c> with a text that says something.</summary>
    internal static void ErrorBody(HttpAnswer answer) =>
        That(Text(answer.Json(), "error").Length > 0, "The error is empty.");

    /// <summary>A field that must be there.</summary>
    internal static JsonElement Field(JsonElement json, string name)
    {
        That(json.ValueKind == JsonValueKind.Object, $"There is no object that could have '{name}': {json}");
        That(json.TryGetProperty(name, out JsonElement value), $"'{name}' is missing.");
        return value;
    }

    /// <summary>A field that must be a text.</summary>
    internal static string Text(JsonElement json, string name)
    {
        JsonElement value = Field(json, name);
        That(value.ValueKind == JsonValueKind.String, $"'{name}' is no string: {value}");
        return value.GetString() ?? "";
    }

    /// <summary>A field that must be a whole number.</summary>
    internal static long Number(JsonElement json, string name)
    {
        JsonElement value = Field(json, name);
        long number = 0;
        That(
            value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out number),
            $"'{name}' is no whole number: {value}");
        return number;
    }

    /// <summary>A field that must be true or false.</summary>
    internal static bool Boolean(JsonElement json, string name)
    {
        JsonElement value = Field(json, name);
        That(value.ValueKind is JsonValueKind.True or JsonValueKind.False, $"'{name}' is no boolean: {value}");
        return value.GetBoolean();
    }

    /// <summary>A field that must be a list.</summary>
    internal static ImmutableArray<JsonElement> List(JsonElement json, string name)
    {
        JsonElement value = Field(json, name);
        That(value.ValueKind == JsonValueKind.Array, $"'{name}' is no list: {value}");
        return [.. value.EnumerateArray()];
    }

    /// <summary>A field that must be a list of texts.</summary>
    internal static ImmutableArray<string> Texts(JsonElement json, string name) =>
    [
        .. List(json, name).Select(item =>
        {
            That(item.ValueKind == JsonValueKind.String, $"'{name}' holds what is no string: {item}");
            return item.GetString() ?? "";
        }),
    ];

    /// <summary>A field that must be a list of whole numbers.</summary>
    internal static ImmutableArray<long> Numbers(JsonElement json, string name) =>
    [
        .. List(json, name).Select(item =>
        {
            long number = 0;
            That(
                item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out number),
                $"'{name}' holds what is no whole number: {item}");
            return number;
        }),
    ];
}
