namespace Kedge.Core.Manifests;

/// <summary>
/// An object and where it stands in the text, so that what a server finds wrong with it can name a line too.
/// </summary>
/// <param name="Spec">The object.</param>
/// <param name="Line">Line on which it begins, from 1; 0 when it was made by us.</param>
public sealed record Placed<T>(T Spec, int Line);
