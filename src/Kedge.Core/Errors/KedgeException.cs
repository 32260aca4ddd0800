namespace Kedge.Core.Errors;

/// <summary>
/// Something that the caller cannot go on after, with a code that the user can look up in <c>docs/errors.md</c>.
/// </summary>
public sealed class KedgeException : Exception
{
    /// <summary>Wraps one finding.</summary>
    public KedgeException(ErrorCode code, string message, Exception? inner = null)
        : base($"{code.Code}: {message}", inner) => Finding = new Finding(code.Code, message);

    /// <summary>What went wrong, ready to be shown.</summary>
    public Finding Finding { get; }
}
