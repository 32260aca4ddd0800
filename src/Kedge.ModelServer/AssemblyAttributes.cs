using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Kedge.Inference.Tests")]
