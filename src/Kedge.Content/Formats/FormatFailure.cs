using Kedge.Core.Errors;

namespace Kedge.Content.Formats;

/// <summary>Why reading a file ended: the first reason counts. Every method answers false, to end with.</summary>
internal sealed class FormatFailure
{
    public Finding? First { get; private set; }

    public bool Fail(ErrorCode code, string message)
    {
        First ??= code.At(message);
        return false;
    }

    public bool Malformed(string message) => Fail(FormatErrors.Malformed, message);
}
