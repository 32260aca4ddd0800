namespace Kedge.Content.Trust.ModelSigning;

/// <summary>
/// The fields of one object, none of them twice: two readers that take different ones of a pair would take one
/// signature for two statements.
/// </summary>
internal sealed class UniqueFields
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Moves to the next field's value; false at the object's end, and on failure.</summary>
    public bool TryNext(ref JsonCursor cursor, out string field) => cursor.TryField(out field)
        && ((_seen.Count < ContentLimits.FieldsMax && _seen.Add(field))
            || cursor.Fail($"the field '{field}' stands twice, or there are too many"));
}
