// 200 while the process lives; says nothing about what it depends on (that is /readyz).
export function GET(): Response {
	return Response.json({ status: 'alive' });
}
