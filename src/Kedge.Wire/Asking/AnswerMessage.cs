namespace Kedge.Wire.Asking;

/// <summary>A device's answer, up on <see cref="Topics.Answer"/>.</summary>
/// <param name="Id">Number of the question.</param>
/// <param name="Text">What was asked for; empty when there is none.</param>
/// <param name="Error">Why there is none, with its code; empty when there is.</param>
public sealed record AnswerMessage(long Id, string Text, string Error);
