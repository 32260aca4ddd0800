using System.Globalization;

namespace Kedge.Core.Errors;

/// <summary>One thing that is wrong with an input: which rule, where, and how to mend it.</summary>
/// <param name="Code">Stable code, as in <c>docs/errors.md</c>: <c>KEDGE-SPEC-012</c>.</param>
/// <param name="Message">One sentence: what is wrong and what would be right.</param>
/// <param name="Field">Path of the field, as <c>spec.models[0].package</c>; empty when it is the whole.</param>
/// <param name="Line">Line in the input, from 1; 0 when unknown.</param>
public sealed record Finding(string Code, string Message, string Field = "", int Line = 0)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Code} {(Line > 0 ? $"line {Line}: " : "")}{Message}{(Field.Length > 0 ? $" ({Field})" : "")}");
}
