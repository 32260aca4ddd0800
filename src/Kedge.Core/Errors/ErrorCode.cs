namespace Kedge.Core.Errors;

/// <summary>One kind of error that a user can meet. Codes are never reused.</summary>
/// <param name="Code">Stable code, <c>KEDGE-AREA-NNN</c>.</param>
/// <param name="Cause">One sentence: what has happened.</param>
/// <param name="Remedy">One sentence: what to do about it.</param>
public sealed record ErrorCode(string Code, string Cause, string Remedy)
{
    /// <summary>A finding of this kind.</summary>
    public Finding At(string message, string field = "", int line = 0) => new(Code, message, field, line);
}
